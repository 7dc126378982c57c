//! The attestors against genuine, forged and mutated evidence.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod azure;
mod ec2;
mod evidence;
mod google;
mod mutations;
mod openssl;
mod signed_token;

use muster_attest::forge;
