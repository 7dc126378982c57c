-- The descriptions of all tables, and of columns that need one. `schema.sql` is generated from them and from the
-- migrations, in this order. Lines that begin with `-- ##` are headings.

-- ## Accounts and harvests

COMMENT ON TABLE account IS 'A systems account of the roster. An account that left the roster keeps its row.';
COMMENT ON COLUMN account.provider_given IS 'Whether the roster names the provider. Otherwise harvests detect it.';
COMMENT ON COLUMN account.removed_at IS 'When the account left the roster. It is not shown from then on.';
COMMENT ON TABLE account_region IS 'The harvest status of a Region of an account, updated by each harvest.';
COMMENT ON COLUMN account_region.last_good_at IS 'The start of the last complete harvest.';
COMMENT ON COLUMN account_region.last_tried_at IS 'The start of the last harvest, whatever its outcome.';
COMMENT ON COLUMN account_region.last_read_at IS 'The start of the last harvest that could read the instances.';
COMMENT ON COLUMN account_region.slow_cycle_at IS 'The start of the last harvest that read all reference data.';
COMMENT ON COLUMN account_region.lost_log_seen IS 'The last lost log after which everything was read again. If it is less than the newest, that is still to be done.';
COMMENT ON TABLE former_owner IS 'A customer to whom an account belonged until a time. Only this customer sees the account as it was before. Kept forever and to the second, because some transitions outlive the retention, and an account can change hands within a day.';
COMMENT ON TABLE harvest IS 'One harvest: one pull of one account and Region.';
COMMENT ON COLUMN harvest.outcome IS '`ok`: everything was read; `partial`: something was not; `failed`: the instances were not.';
COMMENT ON TABLE harvest_operation IS 'The API calls and received rows of one operation in one harvest.';
COMMENT ON TABLE harvest_error IS 'An error of one operation in one harvest, once for each code and message.';
COMMENT ON COLUMN harvest_error.since IS 'Since when this operation has failed in every harvest of this account and Region.';

-- ## Instances

COMMENT ON TABLE instance IS 'An instance, including those that are gone.';
COMMENT ON COLUMN instance.agent_rank IS 'The agent version as a number with the same order. The flag `agent_is_latest` has no meaning on Windows.';
COMMENT ON COLUMN instance.gone_at IS 'The start of the first harvest that found it terminated or deregistered. Null if it is current, which includes stopped.';
COMMENT ON COLUMN instance.instance_state IS '`running`, `stopped`, `terminated`, `deregistered`, or `agent_lost` if it is not listed and none of these is known; empty if it is listed and nothing but its ping is known.';
COMMENT ON COLUMN instance.source_id IS 'The resource that is registered: its own id, unless a cloud connector or another service registered it.';
COMMENT ON TABLE instance_ping IS 'The last ping of an instance, apart from `instance` because it changes with each harvest.';
COMMENT ON TABLE latest_agent IS 'The newest SSM Agent of each Region. Derived from the instances, and updated when they change.';
COMMENT ON TABLE listed_region IS 'Every account and Region of the roster with its names and its last harvest, so that questions read one table without joins. Derived from the other tables, and updated by each harvest.';
COMMENT ON TABLE listed_instance IS 'Everything that lists show of an instance, so that they read one table without joins. Derived from the other tables, and updated by each harvest.';
COMMENT ON COLUMN listed_instance.patch_policy IS 'The names of its patch policies, separated by commas.';
COMMENT ON COLUMN listed_instance.uses_apt IS 'Whether its severities are the priorities of apt.';
COMMENT ON TABLE tag IS 'A tag of an instance.';
COMMENT ON TABLE node IS 'A node of the inventory, including stopped and terminated ones, which no other operation lists.';
COMMENT ON TABLE hardware IS 'The processors and the service pack of an instance.';
COMMENT ON TABLE listed_software IS 'How often each version of a package, and each hotfix, is installed on current instances, by account, Region and operating system. Derived from the inventories, and updated when they or the instances change.';
COMMENT ON COLUMN listed_software.installations IS 'An instance can have the same version for two architectures.';
COMMENT ON TABLE software IS 'An application that is installed on an instance.';
COMMENT ON TABLE hotfix IS 'A hotfix that Windows lists on an instance.';
COMMENT ON TABLE inventory_capture IS 'The inventory of one type from which rows of an instance were stored. With an equal hash nothing is read again.';

-- ## Updates and their history

COMMENT ON TABLE patch IS 'A patch, identified by title and KB id. The KB id alone is not unique on Linux, and some titles are empty.';
COMMENT ON TABLE patch_cve IS 'A CVE that a patch fixes. Reports name them only while the patch is missing; rows are never removed.';
COMMENT ON TABLE patch_state IS 'The result of the last patch operation of an instance whose updates were read completely.';
COMMENT ON COLUMN patch_state.installed_count IS 'This and the other columns ending in `_count` are the figures of AWS, -1 included.';
COMMENT ON COLUMN patch_state.missing IS 'This and the columns below are counted from the rows in `instance_update`, so that lists need not count them.';
COMMENT ON COLUMN patch_state.critical_missing IS 'Missing or failed updates of severity Critical.';
COMMENT ON COLUMN patch_state.details_missing IS 'Updates that need work by the counts of AWS, beyond the rows that it reported.';
COMMENT ON COLUMN patch_state.repeated_updates IS 'Reported rows that need work and are not stored, because another row of the same update is.';
COMMENT ON COLUMN patch_state.uses_apt IS 'Whether the reported updates are packages of apt. Null if they do not tell.';
COMMENT ON TABLE patch_operation IS 'The last patch operation of an instance, apart from `patch_state` because it changes with each scan.';
COMMENT ON COLUMN patch_operation.install_override IS 'Whether an override list, and not the baseline, said what to install. Null if it is not known.';
COMMENT ON COLUMN patch_operation.updates_hash IS 'The hash of the reported updates: a report with the same hash is not compared. Null if it is not known.';
COMMENT ON TABLE instance_update IS 'The current state of an update of an instance.';
COMMENT ON COLUMN instance_update.pending_since IS 'Since when the update has been Missing or Failed without interruption. Null if it is neither.';
COMMENT ON COLUMN instance_update.absent_at IS 'The end of the last patch operation before the update was first seen, which did not report it. Null if none is known.';
COMMENT ON TABLE scan IS 'A patch operation that changed something, with the harvest that read it.';
COMMENT ON TABLE transition IS 'A change of the state of an update, kept forever unless a retention is configured.';
COMMENT ON COLUMN transition.from_state IS 'Null if the update was not reported before.';
COMMENT ON COLUMN transition.to_state IS 'Null if the update is no longer reported.';
COMMENT ON COLUMN transition.pending_since IS 'If the transition leaves Missing and Failed: since when the update had been in these states.';

-- ## Runs

COMMENT ON TABLE run IS 'A run: one command.';
COMMENT ON TABLE invocation IS 'The result of a run on one instance. Kept, because Systems Manager deletes it after 30 days.';
COMMENT ON COLUMN invocation.step IS 'The step of the document that ran on the platform of the instance.';
COMMENT ON TABLE invocation_output IS 'The output of the failed step of a result, reduced to what may be kept.';

-- ## Reference data

COMMENT ON TABLE patch_baseline IS 'A patch baseline of an account and Region.';
COMMENT ON TABLE patch_baseline_detail IS 'The approved and rejected patches of a baseline.';
COMMENT ON COLUMN patch_baseline_detail.available_security_updates_compliance IS '`NON_COMPLIANT` or `COMPLIANT`: what available security updates make of an instance. Empty where it is not known.';
COMMENT ON TABLE patch_baseline_reading IS 'When the rules of a baseline were last read. They are read again after a while and rarely change.';
COMMENT ON TABLE patch_rule IS 'An approval rule of a baseline.';
COMMENT ON COLUMN patch_rule.approve_after_days IS 'Null on systems with apt, which have no approval delay.';
COMMENT ON COLUMN patch_rule.filters IS 'What a patch must match, the global filters of the baseline included.';
COMMENT ON TABLE patch_group IS 'The assignment of a patch group to a baseline.';
COMMENT ON TABLE maintenance_window IS 'A maintenance window of an account and Region.';
COMMENT ON TABLE window_target IS 'A target of a maintenance window.';
COMMENT ON TABLE window_task IS 'A task of a maintenance window.';
COMMENT ON COLUMN window_task.task_arn IS 'The name of the document, if the task is a command.';
COMMENT ON TABLE window_execution IS 'An execution of a maintenance window. Kept, because Systems Manager deletes it after 30 days.';
COMMENT ON TABLE patch_policy IS 'A patch policy that Quick Setup has deployed to an account and Region.';
COMMENT ON COLUMN patch_policy.scan_waits IS 'Whether the first scan waits for its schedule instead of following the deployment.';
COMMENT ON COLUMN patch_policy.baselines IS 'One a line: they override those of patch groups, and the default ones.';
COMMENT ON COLUMN patch_policy.target_instances IS 'This and the columns below with several values separate them by commas.';
COMMENT ON COLUMN patch_policy.is_target IS 'Whether its target accounts and Regions include this one.';
COMMENT ON COLUMN patch_policy.change_key IS 'While this is the same, its details are not read again.';
COMMENT ON TABLE association IS 'An association of State Manager.';

COMMENT ON TABLE service_setting IS 'A setting of Systems Manager in an account and Region: the tier of its hybrid instances.';

COMMENT ON TABLE node_listing IS 'The last time that AWS was asked for its own list of the nodes of an account. One Region answers for all.';
COMMENT ON COLUMN node_listing.denied IS 'The message of AWS if the role may not read the list, or else empty.';
COMMENT ON COLUMN node_listing.lists_unmanaged IS 'Whether the unmanaged instances were listed.';
COMMENT ON COLUMN node_listing.is_cut IS 'Whether there are more unmanaged instances than were listed.';
COMMENT ON TABLE node_count IS 'The managed nodes that AWS counts in a Region, and what was stored at that time.';
COMMENT ON COLUMN node_count.region IS 'The Region that was asked.';
COMMENT ON COLUMN node_count.instances IS 'The current instances, stopped ones and those with a lost agent included.';
COMMENT ON COLUMN node_count.unlisted_instances IS 'Those of them that Systems Manager did not list: AWS may count them or not.';
COMMENT ON COLUMN node_count.differs_since IS 'When the counts were first seen to differ, without agreeing since. Null if they agree.';
COMMENT ON TABLE unmanaged_instance IS 'An EC2 instance that Systems Manager does not manage.';
COMMENT ON COLUMN unmanaged_instance.region IS 'The Region that was asked.';

-- ## Feeds

COMMENT ON TABLE feed IS 'A file of a vendor about vulnerabilities, as it was last imported. The rows of feeds have no past.';
COMMENT ON COLUMN feed.file_key IS 'While this is the same, the file is not read again.';
COMMENT ON COLUMN feed.published_at IS 'The newest change that the file has.';
COMMENT ON TABLE feed_fix IS 'A package of an operating system that fixes a CVE from a version on.';
COMMENT ON COLUMN feed_fix.system IS 'A code such as `almalinux`, with the release that its packages belong to.';
COMMENT ON COLUMN feed_fix.cve IS 'Empty for an advisory without one.';
COMMENT ON COLUMN feed_fix.is_complete IS 'Whether the source names every package that has the vulnerability, so that an instance without any of them is not affected.';
COMMENT ON TABLE exploited_cve IS 'A CVE that is known to be exploited.';
COMMENT ON COLUMN exploited_cve.due_on IS 'The day until which the source wants it fixed.';

-- ## Organization

COMMENT ON TABLE organization_listing IS 'The last listing of the accounts of the organization. At most one row.';
COMMENT ON COLUMN organization_listing.tags_read_at IS 'When the tags of all members were last read. Those of new members are read at once.';
COMMENT ON COLUMN organization_listing.unassigned IS 'The number of active members without the tags of an owner, which are not harvested.';
COMMENT ON COLUMN organization_listing.error_operation IS 'This and the columns below are empty unless the last listing failed.';
COMMENT ON TABLE organization_member IS 'An account of the organization at the last successful listing.';
COMMENT ON TABLE organization_tag IS 'A tag of a member with the prefix `muster:`, without that prefix.';

-- ## Figures and settings

COMMENT ON TABLE account_day IS 'The figures of an account on one day, as the last round of the day left them. Trends are drawn from them.';
COMMENT ON COLUMN account_day.runs_succeeded IS 'This and the columns below are null on days that were recorded before they were added.';
COMMENT ON TABLE service_level IS 'The number of days in which a customer wants updates of one severity band installed.';
COMMENT ON COLUMN service_level.customer_id IS 'Empty for the default, which has all bands. A customer has the bands that differ.';
COMMENT ON TABLE auditor_link IS 'A link that shows an auditor the accounts of one customer as of one day, or calendar programs when they are patched.';
COMMENT ON COLUMN auditor_link.link_id IS 'The beginning of the hash. It names the link on pages, in sessions and in the audit log.';
COMMENT ON COLUMN auditor_link.token_hash IS 'The SHA-256 hash of the token, in hexadecimal digits. The token itself is not stored.';
COMMENT ON COLUMN auditor_link.customer_name IS 'The name of the customer when the link was created.';
COMMENT ON COLUMN auditor_link.day IS 'Null if it is the address of a calendar.';
COMMENT ON COLUMN auditor_link.made_by IS 'The identity that created the link, and its name on pages.';

COMMENT ON TABLE exception IS 'A decision to accept or defer a patch or a CVE for some instances of an account until a day. Rows are never removed.';
COMMENT ON COLUMN exception.cve IS 'The CVE that is excepted; empty if it is a patch, by its name (`kb_id`) and title.';
COMMENT ON COLUMN exception.patch_group IS 'Only instances of this patch group; empty for all of the account.';
COMMENT ON COLUMN exception.instance_id IS 'Only this instance; empty for all of the account or patch group.';
COMMENT ON COLUMN exception.until_day IS 'The last day on which it holds.';
COMMENT ON COLUMN exception.made_by IS 'The identity that made it, and its name on pages.';

-- ## Maintenance of the store

COMMENT ON TABLE schema_version IS 'An applied migration.';
COMMENT ON TABLE compaction IS 'How far the history is sorted. One row.';
COMMENT ON COLUMN compaction.scan_key IS 'The last sorted scan.';
COMMENT ON COLUMN compaction.until_day IS 'Archived rows that were valid until this day are sorted.';
COMMENT ON COLUMN compaction.day_sorted_until IS 'The same of the tables that are sorted by day.';
COMMENT ON TABLE retention IS 'How far back the history goes. One row.';
COMMENT ON COLUMN retention.kept_since IS 'The first day with a complete history. Null if nothing was ever dropped.';
COMMENT ON COLUMN retention.scan_key IS 'All scans and transitions from this key on are stored, and of those before it the ones that later ones continue from.';
COMMENT ON TABLE lost_log IS 'A damaged write-ahead log that was moved away. Everything is read again after that.';
COMMENT ON COLUMN lost_log.kept_as IS 'The name of its file beside the store.';
COMMENT ON COLUMN lost_log.made_good_at IS 'When every account and Region was read again.';
COMMENT ON TABLE unsure_instance IS 'An instance whose updates are read again although its change key did not change. One row for each instance, so that an account that needs several rounds continues where it stopped.';
COMMENT ON TABLE unsupported_system IS 'An instance whose latest result says that Patch Manager does not support its operating system.';
COMMENT ON COLUMN unsupported_system.unsupported_at IS 'When the run of that result was requested.';
COMMENT ON TABLE attested_instance IS 'An instance, current or gone, of which enrollment attested what it is. The identity stays the same when it is registered again.';
COMMENT ON COLUMN attested_instance.attested_id IS 'Its provider and its id at the provider, which tell it within its account.';
COMMENT ON TABLE instance_twin IS 'A current instance that is the same machine as another one of its account, which counts in its place.';
COMMENT ON COLUMN instance_twin.counted_id IS 'The id of the instance that counts.';
COMMENT ON COLUMN instance_twin.since IS 'The harvest that found it.';
COMMENT ON COLUMN listed_instance.duplicate_of IS 'The id of the instance that counts in its place, or empty.';
