//! Carries out the steps in one Region, and keeps the ids that later steps need.

use crate::{
    found::{ByName, FoundBaseline, FoundRegion, FoundWindow},
    once::send_once,
    operations::{
        CREATE_ASSOCIATION, CREATE_BASELINE, CREATE_WINDOW, REGISTER_DEFAULT, REGISTER_GROUP, REGISTER_TARGET,
        REGISTER_TASK, UPDATE_SETTING,
    },
    step::Step,
    wanted::{
        ALL_INSTANCES, COMPLIANCE_LEVEL, HOST_MANAGEMENT_SETTING, INSTALL_TASK, PATCH_DOCUMENT, PATCH_GROUP_TAG,
        TASK_PRIORITY, WINDOW_TARGETS, WantedAssociation, WantedBaseline, WantedWindow,
    },
};
use aws_sdk_ssm::{
    Client,
    config::{Builder, retry::RetryConfig},
    error::BuildError,
    types::{
        MaintenanceWindowResourceType, MaintenanceWindowRunCommandParameters,
        MaintenanceWindowTaskInvocationParameters, MaintenanceWindowTaskType, OperatingSystem, PatchComplianceLevel,
        PatchFilter, PatchFilterGroup, PatchFilterKey, PatchRule, PatchRuleGroup, Target,
    },
};
use muster_collect::error::CollectError;
use sha2::{Digest, Sha256};

/// Stands for an operation where a step has none.
const NO_OPERATION: &str = "Systems Manager";

pub struct RegionWriter<'a> {
    ssm: &'a Client,
    found: FoundRegion,
    /// The account and the Region.
    scope: String,
}

impl<'a> RegionWriter<'a> {
    pub fn new(ssm: &'a Client, found: FoundRegion, systems_account: &str, region: &str) -> Self {
        Self { ssm, found, scope: format!("{systems_account} {region}") }
    }

    /// The same for each attempt, so that a list that lags behind makes nothing twice.
    fn client_token(&self, operation: &str, names: &[&str]) -> String {
        hex::encode(Sha256::digest(format!("{} {operation} {}", self.scope, names.join(" "))))
    }

    pub async fn apply(&mut self, step: &Step) -> Result<(), CollectError> {
        match step {
            Step::CreatePatchBaseline(baseline) => self.create_baseline(baseline).await,
            Step::SetDefaultPatchBaseline(baseline) => self.set_default(baseline).await,
            Step::RegisterPatchGroup(baseline) => self.register_group(baseline).await,
            Step::CreateMaintenanceWindow(window) => self.create_window(window).await,
            Step::RegisterTarget(window) => self.register_target(window).await,
            Step::RegisterTask(window) => self.register_task(window).await,
            Step::CreateAssociation(association) => self.create_association(association).await,
            Step::SetHostManagementRole(role) => {
                let request = self.ssm.update_service_setting().setting_id(HOST_MANAGEMENT_SETTING).setting_value(role);
                let answer = request.send().await;
                answer.map(drop).map_err(|error| CollectError::from_sdk(UPDATE_SETTING, &error))
            }
            Step::CreateAccount { .. } | Step::CreateRole(_) | Step::PutRolePolicy(_) => {
                Err(CollectError::schema(NO_OPERATION, format!("not a step in a Region: {step}")))
            }
        }
    }

    async fn create_baseline(&mut self, baseline: &WantedBaseline) -> Result<(), CollectError> {
        let rules = rules(baseline).map_err(|error| CollectError::schema(CREATE_BASELINE, error.to_string()))?;
        let system = OperatingSystem::from(baseline.operating_system.aws_name());
        let request = self.ssm.create_patch_baseline().name(&baseline.name).description(baseline.description());
        let request = request.client_token(self.client_token(CREATE_BASELINE, &[&baseline.name]));
        let answer = request.operating_system(system).approval_rules(rules).send().await;
        let answer = answer.map_err(|error| CollectError::from_sdk(CREATE_BASELINE, &error))?;
        let found = FoundBaseline {
            id: answer.baseline_id.unwrap_or_default(),
            operating_system: baseline.operating_system.aws_name().to_owned(),
            is_default: false,
            rules: Vec::new(),
            exceptions: Vec::new(),
        };
        self.found.baselines.add(baseline.name.clone(), found);
        Ok(())
    }

    fn baseline_id(&self, operation: &'static str, name: &str) -> Result<String, CollectError> {
        let found = self.found.baselines.get(name).map(|baseline| baseline.id.clone());
        found.ok_or_else(|| CollectError::schema(operation, format!("the patch baseline {name} does not exist")))
    }

    async fn set_default(&self, baseline: &WantedBaseline) -> Result<(), CollectError> {
        let id = self.baseline_id(REGISTER_DEFAULT, &baseline.name)?;
        let answer = self.ssm.register_default_patch_baseline().baseline_id(id).send().await;
        answer.map(drop).map_err(|error| CollectError::from_sdk(REGISTER_DEFAULT, &error))
    }

    async fn register_group(&self, baseline: &WantedBaseline) -> Result<(), CollectError> {
        let id = self.baseline_id(REGISTER_GROUP, &baseline.name)?;
        let request = self.ssm.register_patch_baseline_for_patch_group().baseline_id(id).patch_group(&baseline.group);
        match request.send().await {
            Ok(_) => Ok(()),
            // An attempt whose reply was lost. Whether it is this baseline is seen when the Region is read again.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_already_exists_exception()) => Ok(()),
            Err(error) => Err(CollectError::from_sdk(REGISTER_GROUP, &error)),
        }
    }

    async fn create_window(&mut self, window: &WantedWindow) -> Result<(), CollectError> {
        let request = self.ssm.create_maintenance_window().name(&window.name).schedule(&window.schedule);
        let request = request.set_schedule_offset(window.schedule_offset_days).schedule_timezone(&window.timezone);
        let request = request.duration(window.duration_hours).cutoff(window.cutoff_hours);
        let request = request.description(window.description());
        let request = request.client_token(self.client_token(CREATE_WINDOW, &[&window.name]));
        let answer = request.allow_unassociated_targets(false).send().await;
        let answer = answer.map_err(|error| CollectError::from_sdk(CREATE_WINDOW, &error))?;
        let found = FoundWindow {
            id: answer.window_id.unwrap_or_default(),
            is_enabled: true,
            schedule: window.schedule.clone(),
            schedule_offset_days: window.schedule_offset_days,
            timezone: Some(window.timezone.clone()),
            duration_hours: window.duration_hours,
            cutoff_hours: window.cutoff_hours,
            targets: ByName::default(),
            tasks: ByName::default(),
        };
        self.found.windows.add(window.name.clone(), found);
        Ok(())
    }

    fn window(&self, operation: &'static str, name: &str) -> Result<&FoundWindow, CollectError> {
        let missing = || CollectError::schema(operation, format!("the maintenance window {name} does not exist"));
        self.found.windows.get(name).ok_or_else(missing)
    }

    async fn register_target(&mut self, window: &WantedWindow) -> Result<(), CollectError> {
        let id = self.window(REGISTER_TARGET, &window.name)?.id.clone();
        let condition = target(&format!("tag:{PATCH_GROUP_TAG}"), &window.group);
        let request = self.ssm.register_target_with_maintenance_window().window_id(id).name(&window.group);
        let request = request.resource_type(MaintenanceWindowResourceType::Instance).targets(condition.clone());
        let request = request.client_token(self.client_token(REGISTER_TARGET, &[&window.name, &window.group]));
        let answer = request.send().await.map_err(|error| CollectError::from_sdk(REGISTER_TARGET, &error))?;
        if let Some(found) = self.found.windows.get_mut(&window.name) {
            let id = answer.window_target_id.unwrap_or_default();
            found.targets.add(window.group.clone(), (id, vec![condition]));
        }
        Ok(())
    }

    async fn register_task(&self, window: &WantedWindow) -> Result<(), CollectError> {
        let found = self.window(REGISTER_TASK, &window.name)?;
        let missing = || CollectError::schema(REGISTER_TASK, format!("{} has no target {}", window.name, window.group));
        let (target_id, _) = found.targets.get(&window.group).ok_or_else(missing)?;
        let parameters = window.parameters();
        let run = MaintenanceWindowRunCommandParameters::builder()
            .set_parameters(Some(parameters.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into()))
            .build();
        let parameters = MaintenanceWindowTaskInvocationParameters::builder().run_command(run).build();
        let request = self.ssm.register_task_with_maintenance_window().window_id(&found.id).name(INSTALL_TASK);
        let request = request.task_arn(PATCH_DOCUMENT).task_type(MaintenanceWindowTaskType::RunCommand);
        let request = request.targets(target(WINDOW_TARGETS, target_id)).task_invocation_parameters(parameters);
        let request = request.max_concurrency(&window.max_concurrency).max_errors(&window.max_errors);
        let request = request.client_token(self.client_token(REGISTER_TASK, &[&window.name, INSTALL_TASK]));
        let answer = request.priority(TASK_PRIORITY).send().await;
        answer.map(drop).map_err(|error| CollectError::from_sdk(REGISTER_TASK, &error))
    }

    /// State Manager accepts a second association of the same name.
    async fn create_association(&self, association: &WantedAssociation) -> Result<(), CollectError> {
        let (key, value) = ALL_INSTANCES;
        send_once(|| async move {
            let request = self.ssm.create_association().name(association.document).association_name(&association.name);
            let mut request = request.schedule_expression(&association.schedule).targets(target(key, value));
            for (name, value) in &association.parameters {
                request = request.parameters(*name, vec![(*value).to_owned()]);
            }
            let without_retries = Builder::new().retry_config(RetryConfig::disabled());
            let answer = request.customize().config_override(without_retries).send().await;
            answer.map(drop).map_err(|error| CollectError::from_sdk(CREATE_ASSOCIATION, &error))
        })
        .await
    }
}

fn target(key: &str, value: &str) -> Target {
    Target::builder().key(key).values(value).build()
}

/// The one rule of a baseline.
fn rules(baseline: &WantedBaseline) -> Result<PatchRuleGroup, BuildError> {
    let mut filters = PatchFilterGroup::builder();
    for (key, values) in baseline.operating_system.filters() {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        filters = filters
            .patch_filters(PatchFilter::builder().key(PatchFilterKey::from(*key)).set_values(Some(values)).build()?);
    }
    let rule = PatchRule::builder()
        .patch_filter_group(filters.build()?)
        .compliance_level(PatchComplianceLevel::from(COMPLIANCE_LEVEL))
        .set_approve_after_days(baseline.approve_after_days)
        .enable_non_security(baseline.operating_system.approves_unclassified())
        .build();
    PatchRuleGroup::builder().patch_rules(rule).build()
}
