//! Every operation that is sent, by service. The policies of the roles that send them are made from these lists.

macro_rules! operations {
    ($(#[$doc:meta])* $all:ident: $($name:ident = $text:literal,)*) => {
        $(pub const $name: &str = $text;)*
        $(#[$doc])*
        pub const $all: &[&str] = &[$($name),*];
    };
}

operations! {
    /// AWS Organizations, in the management account.
    ORGANIZATIONS:
    CREATE_ACCOUNT = "CreateAccount",
    DESCRIBE_ACCOUNT_STATUS = "DescribeCreateAccountStatus",
    LIST_ACCOUNT_STATUS = "ListCreateAccountStatus",
    LIST_ACCOUNTS = "ListAccounts",
    LIST_TAGS = "ListTagsForResource",
}

operations! {
    /// IAM, in a systems account.
    IAM:
    GET_ROLE = "GetRole",
    GET_ROLE_POLICY = "GetRolePolicy",
    LIST_ROLE_POLICIES = "ListRolePolicies",
    LIST_ATTACHED_ROLE_POLICIES = "ListAttachedRolePolicies",
    CREATE_ROLE = "CreateRole",
    PUT_ROLE_POLICY = "PutRolePolicy",
}

operations! {
    /// Systems Manager, where a Region is set up.
    REGION:
    DESCRIBE_BASELINES = "DescribePatchBaselines",
    GET_BASELINE = "GetPatchBaseline",
    DESCRIBE_GROUPS = "DescribePatchGroups",
    DESCRIBE_WINDOWS = "DescribeMaintenanceWindows",
    DESCRIBE_TARGETS = "DescribeMaintenanceWindowTargets",
    DESCRIBE_TASKS = "DescribeMaintenanceWindowTasks",
    GET_TASK = "GetMaintenanceWindowTask",
    LIST_ASSOCIATIONS = "ListAssociations",
    DESCRIBE_ASSOCIATION = "DescribeAssociation",
    CREATE_BASELINE = "CreatePatchBaseline",
    REGISTER_DEFAULT = "RegisterDefaultPatchBaseline",
    REGISTER_GROUP = "RegisterPatchBaselineForPatchGroup",
    CREATE_WINDOW = "CreateMaintenanceWindow",
    REGISTER_TARGET = "RegisterTargetWithMaintenanceWindow",
    REGISTER_TASK = "RegisterTaskWithMaintenanceWindow",
    CREATE_ASSOCIATION = "CreateAssociation",
}

operations! {
    /// Systems Manager, for EC2 instances without a profile.
    HOST_MANAGEMENT:
    GET_SETTING = "GetServiceSetting",
    UPDATE_SETTING = "UpdateServiceSetting",
}

operations! {
    /// Systems Manager, for activations.
    ACTIVATIONS:
    CREATE_ACTIVATION = "CreateActivation",
    DESCRIBE_ACTIVATIONS = "DescribeActivations",
    DELETE_ACTIVATION = "DeleteActivation",
}
