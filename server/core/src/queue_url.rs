//! The URL of an SQS queue, as AWS prints it: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.

use crate::{partition::Partition, roster::regions};
use serde::{Deserialize, Serialize};

const NAME_MAX_CHARS: usize = 80;
const ACCOUNT_DIGITS: usize = 12;

/// A URL that was checked: its Region exists in the partition of its host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueUrl {
    url: String,
    region: String,
    account: String,
    name: String,
}

impl QueueUrl {
    pub fn as_str(&self) -> &str {
        &self.url
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn arn(&self) -> String {
        let Self { region, account, name, .. } = self;
        format!("arn:{}:sqs:{region}:{account}:{name}", Partition::of_region(region).name)
    }
}

impl TryFrom<String> for QueueUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let invalid = |problem: &str| {
            Err(format!(
                "`{url}` is not the URL of an SQS queue: {problem}. It looks like \
                 https://sqs.us-east-1.amazonaws.com/111122223333/muster-events"
            ))
        };
        let Some(address) = url.strip_prefix("https://") else { return invalid("it must start with https://") };
        let [host, account, name] = address.split('/').collect::<Vec<_>>()[..] else {
            return invalid("a host, an account and a name must be in it");
        };
        let Some((region, suffix)) = host.strip_prefix("sqs.").and_then(|rest| rest.split_once('.')) else {
            return invalid("its host must start with sqs. and a Region");
        };
        if let Err(problem) = regions::check(region) {
            return invalid(&problem);
        }
        let partition = Partition::of_region(region);
        if suffix != partition.dns_suffix {
            return invalid(&format!("hosts of the Region {region} end in {}", partition.dns_suffix));
        }
        if account.len() != ACCOUNT_DIGITS || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return invalid("the account must have 12 digits");
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if name.is_empty() || name.len() > NAME_MAX_CHARS || !name.bytes().all(is_allowed) {
            return invalid("the name of a standard queue has letters, digits, - and _ only");
        }
        let (region, account, name) = (region.to_owned(), account.to_owned(), name.to_owned());
        Ok(Self { region, account, name, url })
    }
}

impl From<QueueUrl> for String {
    fn from(queue: QueueUrl) -> Self {
        queue.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::PARTITIONS;

    fn queue(url: &str) -> Result<QueueUrl, String> {
        QueueUrl::try_from(url.to_owned())
    }

    #[test]
    fn every_partition_has_queues_of_its_own() {
        for partition in PARTITIONS {
            let region = partition.organizations_region;
            let url = format!("https://sqs.{region}.{}/111122223333/events", partition.dns_suffix);
            let arn = format!("arn:{}:sqs:{region}:111122223333:events", partition.name);
            assert_eq!(queue(&url).expect("a queue").arn(), arn);
            for other in PARTITIONS.into_iter().filter(|other| other.dns_suffix != partition.dns_suffix) {
                let url = format!("https://sqs.{region}.{}/111122223333/events", other.dns_suffix);
                let problem = queue(&url).expect_err("another partition");
                assert!(problem.contains(partition.dns_suffix) && problem.contains(&url), "{problem}");
            }
        }
    }

    #[test]
    fn what_is_no_queue_is_refused_by_name() {
        for (url, word) in [
            ("", "https://"),
            ("http://sqs.us-east-1.amazonaws.com/111122223333/events", "https://"),
            ("arn:aws:sqs:us-east-1:111122223333:events", "https://"),
            ("https://sqs.us-east-1.amazonaws.com/events", "an account"),
            ("https://sqs.us-east-1.amazonaws.com/111122223333/events/", "an account"),
            ("https://sns.us-east-1.amazonaws.com/111122223333/events", "sqs."),
            ("https://user@sqs.us-east-1.amazonaws.com/111122223333/events", "sqs."),
            ("https://us-east-1.queue.amazonaws.com/111122223333/events", "sqs."),
            ("https://sqs.amazonaws.com/111122223333/events", "not a Region"),
            ("https://sqs.moon-1.amazonaws.com/111122223333/events", "not a Region"),
            ("https://sqs.us-east-1.amazonaws.com.example.org/111122223333/events", "end in amazonaws.com"),
            ("https://sqs.us-east-1.amazonaws.com:8443/111122223333/events", "end in amazonaws.com"),
            ("https://sqs.us-east-1.amazonaws.com/11112222333/events", "12 digits"),
            ("https://sqs.us-east-1.amazonaws.com/111122223333/", "letters"),
            ("https://sqs.us-east-1.amazonaws.com/111122223333/events.fifo", "standard queue"),
            ("https://sqs.us-east-1.amazonaws.com/111122223333/events?a=b", "letters"),
            (" https://sqs.us-east-1.amazonaws.com/111122223333/events", "https://"),
        ] {
            let problem = queue(url).expect_err(url);
            assert!(problem.contains(word), "{problem}");
        }
    }
}
