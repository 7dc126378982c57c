//! `muster simulate-metadata`: runs the metadata service of one instance, or prints the token of its operator.

use super::setup;
use crate::config::LogFormat;
use anyhow::{Context, ensure};
use muster_simulator::metadata::{
    Instance, MetadataService, Provider,
    keys::{Keys, REGIONS},
    token,
};
use muster_web::run::{listen, shutdown_signal};
use std::{io::Write, net::SocketAddr, path::PathBuf};

#[derive(Debug, clap::Args)]
pub struct SimulateMetadataArguments {
    /// `aws`, `azure`, `gcp`, `vmware`, `openstack` or `dedicated`.
    #[arg(long, value_name = "NAME", value_parser = provider)]
    pub provider: Provider,
    /// The folder of the keys to sign with. It gets keys if it is empty.
    #[arg(long, value_name = "FOLDER")]
    pub keys: PathBuf,
    /// The address on which the service listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The provider's id of the account.
    #[arg(long, value_name = "ID")]
    pub account: String,
    /// The provider's id of the instance. Default: one that belongs to the account.
    #[arg(long, value_name = "ID")]
    pub instance: Option<String>,
    /// The Region of an EC2 instance.
    #[arg(long, value_name = "REGION", default_value = "eu-west-1")]
    pub region: String,
    /// A tag, an attribute of Google Cloud, or a label in an operator's token.
    #[arg(long, value_name = "NAME=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
    /// The customer that the operator's token names.
    #[arg(long, value_name = "ID", requires = "audience")]
    pub customer: Option<String>,
    /// The portal that the operator's token is for, such as https://vmm.example/enroll/v1.
    #[arg(long, value_name = "URL", requires = "customer")]
    pub audience: Option<String>,
    /// Print the operator's token and end, instead of serving it.
    #[arg(long, requires = "customer")]
    pub print_token: bool,
}

fn provider(text: &str) -> Result<Provider, String> {
    let provider = serde_json::from_value(text.into());
    provider.map_err(|_| "there are aws, azure, gcp, vmware, openstack and dedicated".to_owned())
}

/// Parses a label on the command line.
pub fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a name and a value, such as environment=test, is expected")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub async fn run(arguments: &SimulateMetadataArguments) -> anyhow::Result<()> {
    setup::log(LogFormat::Text, setup::LOG_FILTER);
    let keys = Keys::load_or_create(&arguments.keys)?;
    let SimulateMetadataArguments { provider, account, region, .. } = arguments;
    ensure!(
        *provider != Provider::Aws || REGIONS.contains(&region.as_str()),
        "there are no simulated keys of the Region `{region}`; there are {}",
        REGIONS.join(", ")
    );
    let mut instance = Instance {
        provider: *provider,
        account: account.clone(),
        id: arguments.instance.clone().unwrap_or_else(|| Instance::derived_id(*provider, account)),
        region: region.clone(),
        labels: arguments.label.iter().cloned().collect(),
        enrollment_token: None,
        cached_documents: 0,
    };
    if let Some((customer, audience)) = arguments.customer.as_ref().zip(arguments.audience.as_ref()) {
        instance.enrollment_token = Some(token::sign(&keys, &instance, audience, customer)?);
    }
    if arguments.print_token {
        let token = instance.enrollment_token.context("a token needs --customer and --audience")?;
        return Ok(writeln!(std::io::stdout(), "{token}")?);
    }
    ensure!(
        !matches!(provider, Provider::Vmware | Provider::Dedicated),
        "{provider} has no metadata service. Print the instance's token by --print-token"
    );
    let shutdown = shutdown_signal()?;
    let service = MetadataService::start(instance, keys, listen(arguments.listen).await?)?;
    writeln!(std::io::stdout(), "http://{}", service.address())?;
    shutdown.await;
    service.stop().await;
    Ok(())
}
