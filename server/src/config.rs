//! `server.toml`: everything the operator decides.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bisik_formats::access::TokenHash;
use bisik_formats::ids::AgencyId;
use bisik_formats::pow::MAX_BITS;
use bisik_formats::routes::is_agency_path;
use bisik_store::{DiskReserve, Quota};
use serde::Deserialize;

use crate::language::Language;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data folder: everything the server keeps is under it.
    pub data: PathBuf,
    /// The language of the event log.
    #[serde(default)]
    pub language: Language,
    /// Where reporters reach the server.
    pub public: Listener,
    /// Where reporters reach the server over the open network, if it shall speak TLS by itself.
    pub tls: Option<TlsListener>,
    /// Where couriers and the operator's monitoring reach it: never open to the network.
    pub courier: Listener,
    /// Limits of one connection and of all together.
    #[serde(default)]
    pub limits: Limits,
    /// Room kept free on the disk.
    #[serde(default)]
    pub disk: Disk,
    /// The agencies, at least one.
    pub agency: Vec<AgencyConfig>,
}

/// A listening side.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// A listening side that speaks TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsListener {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM file with the certificate and those between it and its root.
    pub certificate: PathBuf,
    /// PEM file with the private key, for its owner only.
    pub key: PathBuf,
}

/// Limits against slow, many and large requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Public connections at the same time, plain and over TLS each; further ones wait.
    pub connections: usize,
    /// Seconds within which the head of a request must be there.
    pub header_seconds: u64,
    /// Seconds that a body may come slowly, as it does over Tor, before the floor counts.
    pub grace_seconds: u64,
    /// Bytes a second that a body, and a reader of an answer, must keep up after that.
    pub floor_bytes_per_second: u64,
    /// Seconds after which any body is given up.
    pub body_seconds: u64,
    /// Reports with evidence received at the same time.
    pub large_uploads: usize,
    /// Resumable uploads that are open at the same time, whether somebody is sending or not.
    pub open_uploads: usize,
    /// Days after which a resumable upload that is not finished is dropped.
    pub upload_days: u16,
    /// MiB of text reports in memory at the same time.
    pub text_memory_mib: u64,
    /// Text reports in ten minutes, all senders together; a quarter at once, then by lot.
    pub text_reports: u32,
    /// New resumable uploads in ten minutes, in the same way.
    pub new_uploads: u32,
    /// Pieces below 64 KiB that are made durable in ten minutes, in the same way.
    pub small_pieces: u32,
    /// Reports from the plain HTML form in ten minutes, in the same way.
    pub form_reports: u32,
    /// Proofs of work in ten minutes above which the work is made harder.
    pub calm_reports: u64,
    /// Zero bits that a proof of work needs always.
    pub proof_bits: u8,
    /// MiB of current editions kept in memory.
    pub edition_memory_mib: u64,
    /// Seconds that open requests get when the server is told to stop.
    pub stop_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_seconds: 10,
            grace_seconds: 30,
            floor_bytes_per_second: 1024,
            body_seconds: 6 * 3600,
            large_uploads: 32,
            open_uploads: 1024,
            upload_days: 7,
            text_memory_mib: 32,
            text_reports: 20_000,
            new_uploads: 3000,
            small_pieces: 6000,
            form_reports: 60,
            calm_reports: 600,
            proof_bits: 0,
            edition_memory_mib: 16,
            stop_seconds: 20,
        }
    }
}

/// Room on the disk that reports leave free.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disk {
    /// Free MiB that reports with evidence leave for text reports and editions.
    pub reserve_mib: u64,
    /// Free inodes that reports with evidence leave.
    pub reserve_inodes: u64,
    /// Free MiB below which text reports are refused as well.
    pub floor_mib: u64,
    /// Largest database in MiB that is rewritten in random order every day.
    pub rewrite_mib: u64,
}

impl Default for Disk {
    fn default() -> Self {
        Self { reserve_mib: 512, reserve_inodes: 4096, floor_mib: 32, rewrite_mib: 4096 }
    }
}

impl Disk {
    /// Returns the room as the store counts it.
    pub fn reserve(&self) -> DiskReserve {
        DiskReserve {
            bytes: mib(self.reserve_mib),
            inodes: self.reserve_inodes,
            floor_bytes: mib(self.floor_mib),
        }
    }
}

/// One agency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyConfig {
    /// First part of its addresses on this server.
    pub path: String,
    /// Fingerprint of the agency: only cards of this root are taken.
    #[serde(deserialize_with = "fingerprint")]
    pub id: AgencyId,
    /// MiB of sealed reports.
    #[serde(default = "quota_mib")]
    pub quota_mib: u64,
    /// MiB of the quota that only text reports may use.
    #[serde(default = "text_reserve_mib")]
    pub text_reserve_mib: u64,
    /// Days after which a report is deleted even if a desk has not acknowledged it.
    #[serde(default = "retention_days")]
    pub retention_days: u16,
    /// After which period the courier gets reports.
    #[serde(default)]
    pub batch: Batch,
    /// SHA-256 of each courier's access token, as `bisik-server token` prints it.
    #[serde(default)]
    pub courier_tokens: Vec<TokenHash>,
}

impl AgencyConfig {
    /// Returns the quota as the store counts it.
    pub fn quota(&self) -> Quota {
        Quota { bytes: mib(self.quota_mib), text_reserve: mib(self.text_reserve_mib) }
    }
}

/// The period whose reports the courier gets together, so that it learns no order within one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Batch {
    /// Reports of finished UTC days.
    #[default]
    Day,
    /// Reports of finished hours.
    Hour,
    /// Every report at once; for demonstrations.
    Off,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file cannot be read")]
    Read(#[source] std::io::Error),
    /// The file is not TOML of this form.
    #[error("the configuration file is malformed")]
    Syntax(#[source] Box<toml::de::Error>),
    /// No agency is configured.
    #[error("no agency is configured")]
    NoAgency,
    /// The path of the agency with this place in the file, counted from 1, is not `[a-z0-9][a-z0-9-]{0,31}`.
    #[error("agency {0} has an unusable path")]
    Path(usize),
    /// The agency with this place in the file repeats the path or fingerprint of an earlier one.
    #[error("agency {0} repeats an earlier one")]
    Repeated(usize),
    /// A value of the agency with this place in the file is zero or contradicts another one.
    #[error("agency {0} has a value out of range")]
    AgencyRange(usize),
    /// The plain public side is not on loopback: everybody between would read requests, and who sends them.
    #[error("[public] listens beyond this machine without TLS")]
    PlainPublic,
    /// A limit is zero or too large.
    #[error("a limit is out of range")]
    Limits,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it is missing, malformed or contradicts itself.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&std::fs::read_to_string(path).map_err(ConfigError::Read)?)
    }

    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// When it is malformed or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Syntax(Box::new(error)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.agency.is_empty() {
            return Err(ConfigError::NoAgency);
        }
        let (mut paths, mut ids) = (HashSet::new(), HashSet::new());
        for (place, agency) in (1..).zip(&self.agency) {
            if !is_agency_path(&agency.path) || agency.path == "healthz" {
                return Err(ConfigError::Path(place));
            }
            if !paths.insert(&agency.path) || !ids.insert(agency.id) {
                return Err(ConfigError::Repeated(place));
            }
            if agency.retention_days < 7
                || agency.quota_mib == 0
                || agency.text_reserve_mib > agency.quota_mib
            {
                return Err(ConfigError::AgencyRange(place));
            }
        }
        if !self.public.listen.ip().is_loopback() {
            return Err(ConfigError::PlainPublic);
        }
        let limits = &self.limits;
        let sensible = (1..=100_000).contains(&limits.connections)
            && (1..=60).contains(&limits.header_seconds)
            && (1..=600).contains(&limits.grace_seconds)
            && (1..=1 << 20).contains(&limits.floor_bytes_per_second)
            && (60..=7 * 86_400).contains(&limits.body_seconds)
            && (1..=1024).contains(&limits.large_uploads)
            && (1..=65_536).contains(&limits.open_uploads)
            && (1..=30).contains(&limits.upload_days)
            && (1..=65_536).contains(&limits.text_memory_mib)
            && (100..=100_000_000).contains(&limits.text_reports)
            && (100..=100_000_000).contains(&limits.new_uploads)
            && (100..=100_000_000).contains(&limits.small_pieces)
            && (1..=100_000_000).contains(&limits.form_reports)
            && (1..=100_000_000).contains(&limits.calm_reports)
            && limits.proof_bits <= MAX_BITS
            && limits.edition_memory_mib <= 65_536
            && limits.stop_seconds <= 600;
        if sensible { Ok(()) } else { Err(ConfigError::Limits) }
    }
}

/// Returns MiB as bytes.
pub fn mib(count: u64) -> u64 {
    count.saturating_mul(1 << 20)
}

fn fingerprint<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<AgencyId, D::Error> {
    let text = String::deserialize(deserializer)?;
    AgencyId::parse_fingerprint(&text).map_err(serde::de::Error::custom)
}

fn quota_mib() -> u64 {
    20_480
}

fn text_reserve_mib() -> u64 {
    2048
}

fn retention_days() -> u16 {
    90
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../deploy/server.toml");

    #[test]
    fn the_sample_is_valid_and_names_every_setting() {
        let config = Config::parse(SAMPLE).unwrap();
        assert_eq!(config.agency.len(), 1);
        // What the sample shows are the defaults: it must not drift from them.
        assert_eq!(format!("{:?}", config.limits), format!("{:?}", Limits::default()));
        assert_eq!(format!("{:?}", config.disk), format!("{:?}", Disk::default()));
        assert_eq!(config.agency[0].quota_mib, quota_mib());
        assert_eq!(config.agency[0].text_reserve_mib, text_reserve_mib());
        assert_eq!(config.agency[0].retention_days, retention_days());
        assert_eq!(config.agency[0].batch, Batch::Day);
        assert_eq!(config.agency[0].courier_tokens.len(), 1);
    }

    #[test]
    fn the_section_of_tls_in_the_sample_is_valid() {
        assert!(Config::parse(SAMPLE).unwrap().tls.is_none());
        let shown = SAMPLE.split_once("#[tls]").unwrap().1.split_once("\n\n").unwrap().0;
        let config =
            Config::parse(&SAMPLE.replace(shown, &shown.replace("\n#", "\n")).replace("#[tls]", "[tls]"));
        assert_eq!(config.unwrap().tls.unwrap().listen.port(), 443);
    }

    #[test]
    fn mistakes_are_refused() {
        let replaced = |from: &str, to: &str| {
            assert!(SAMPLE.contains(from), "{from}");
            Config::parse(&SAMPLE.replace(from, to))
        };
        assert!(matches!(replaced("connections =", "conections ="), Err(ConfigError::Syntax(_))));
        assert!(matches!(replaced("connections = 4096", "connections = 0"), Err(ConfigError::Limits)));
        assert!(matches!(replaced("path = \"contoh\"", "path = \"../x\""), Err(ConfigError::Path(1))));
        assert!(matches!(
            replaced("retention_days = 90", "retention_days = 1"),
            Err(ConfigError::AgencyRange(1))
        ));
        for open in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", "[::ffff:127.0.0.1]:8080"] {
            assert!(matches!(replaced("127.0.0.1:8080", open), Err(ConfigError::PlainPublic)), "{open}");
        }
        let agency = SAMPLE.split("[[agency]]").nth(1).unwrap();
        let twice = format!("{SAMPLE}\n[[agency]]{agency}");
        assert!(matches!(Config::parse(&twice), Err(ConfigError::Repeated(2))));
        let other_path = twice.rsplit_once("contoh").map(|(a, b)| format!("{a}lain{b}")).unwrap();
        assert!(matches!(Config::parse(&other_path), Err(ConfigError::Repeated(2))));
    }
}
