//! Where the server is and how to reach it: options of the command line, else a configuration file.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use bisik_formats::access::AccessToken;
use bisik_formats::routes::{Routes, is_agency_path};
use bisik_term::files::{self, FileError};
use bisik_term::{CommandError, ErrorKind};
use serde::Deserialize;
use thiserror::Error;
use ureq::http::Uri;
use zeroize::Zeroizing;

use crate::cli::Access;

/// The configuration file below the user's home folder.
const DEFAULT_FILE: &str = ".config/bisik/courier.toml";

/// The longest configuration file, in bytes.
const MAX_CONFIG: u64 = 16 * 1024;

/// The longest token file, in bytes: 64 digits and some white space.
const MAX_TOKEN_FILE: u64 = 256;

/// Where Tor listens unless told otherwise.
const TOR: &str = "127.0.0.1:9050";

/// The configuration is missing or wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The configuration file has unknown or malformed entries.
    #[error("the configuration file is malformed")]
    Malformed,
    /// The server or the token file is given nowhere.
    #[error("{0} is given nowhere")]
    Missing(&'static str),
    /// The address is not `http(s)://host[:port]/agency`.
    #[error("the address of the server is malformed")]
    Address,
    /// Plain http to another machine would show the token to everybody on the way.
    #[error("the address is not encrypted")]
    Unencrypted,
    /// The proxy is not `host:port`.
    #[error("the proxy is malformed")]
    Proxy,
    /// The token file does not hold 64 lower-case hex digits.
    #[error("the token file does not hold a token")]
    Token,
    /// Others may read the token file.
    #[error("the token file is open to others")]
    TokenOpen,
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::File(error) => error.into(),
            ConfigError::Malformed => Self::new(ErrorKind::Usage, "err-config"),
            ConfigError::Missing(option) => Self::new(ErrorKind::Usage, "err-missing").with("option", option),
            ConfigError::Address => Self::new(ErrorKind::Usage, "err-address"),
            ConfigError::Unencrypted => Self::new(ErrorKind::Refused, "err-unencrypted"),
            ConfigError::Proxy => Self::new(ErrorKind::Usage, "err-proxy"),
            ConfigError::Token => Self::new(ErrorKind::Secret, "err-token-file"),
            ConfigError::TokenOpen => Self::new(ErrorKind::Refused, "err-token-open"),
        }
    }
}

/// The configuration file. Relative paths in it begin at its folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    server: Option<String>,
    token_file: Option<PathBuf>,
    proxy: Option<String>,
}

/// Where the server is and how to reach it, checked.
pub struct Config {
    pub(crate) routes: Routes,
    pub(crate) token: AccessToken,
    pub(crate) proxy: Option<String>,
}

impl Config {
    /// Takes what is known already, without a proxy.
    #[must_use]
    pub const fn new(routes: Routes, token: AccessToken) -> Self {
        Self { routes, token, proxy: None }
    }

    /// Takes the options, and what they leave open from the configuration file: the given one, or that in `home`
    /// if there is one.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(access: &Access, home: Option<&Path>) -> Result<Self, ConfigError> {
        let file = read_file(access.config.as_deref(), home)?;
        let server = access.server.clone().or(file.server).ok_or(ConfigError::Missing("--server"))?;
        let onion = check_address(&server)?;
        let token_file =
            access.token_file.clone().or(file.token_file).ok_or(ConfigError::Missing("--token-file"))?;
        let proxy = access.proxy.clone().or(file.proxy).or_else(|| onion.then(|| TOR.to_owned()));
        if proxy.as_ref().is_some_and(|proxy| !is_host_and_port(proxy)) {
            return Err(ConfigError::Proxy);
        }
        Ok(Self { routes: Routes::new(&server), token: read_token(&token_file)?, proxy })
    }
}

fn read_file(given: Option<&Path>, home: Option<&Path>) -> Result<ConfigFile, ConfigError> {
    let usual = home.map(|home| home.join(DEFAULT_FILE)).filter(|path| path.exists());
    let Some(path) = given.map(Path::to_owned).or(usual) else { return Ok(ConfigFile::default()) };
    let bytes = files::read_bounded(&path, MAX_CONFIG)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ConfigError::Malformed)?;
    let mut file: ConfigFile = toml::from_str(text).map_err(|_| ConfigError::Malformed)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    file.token_file = file.token_file.map(|token_file| folder.join(token_file));
    Ok(file)
}

/// Checks the address; tells whether it is an onion service.
fn check_address(address: &str) -> Result<bool, ConfigError> {
    let uri: Uri = address.parse().map_err(|_| ConfigError::Address)?;
    let host = uri.host().ok_or(ConfigError::Address)?;
    let agency = uri.path().trim_start_matches('/').trim_end_matches('/');
    let plain_authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if !plain_authority || uri.query().is_some() || !is_agency_path(agency) {
        return Err(ConfigError::Address);
    }
    // Onion services are encrypted and authenticated by their name.
    let onion = host.ends_with(".onion");
    let loopback = matches!(host, "localhost" | "[::1]")
        || host.parse::<Ipv4Addr>().is_ok_and(|host| host.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(onion),
        Some("http") if onion || loopback => Ok(onion),
        Some("http") => Err(ConfigError::Unencrypted),
        _ => Err(ConfigError::Address),
    }
}

fn is_host_and_port(proxy: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
    proxy.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && host.chars().all(plain) && port.parse::<u16>().is_ok()
    })
}

fn read_token(path: &Path) -> Result<AccessToken, ConfigError> {
    let bytes = Zeroizing::new(files::read_bounded(path, MAX_TOKEN_FILE)?);
    if !files::is_private(path)? {
        return Err(ConfigError::TokenOpen);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| ConfigError::Token)?;
    AccessToken::parse(text.trim()).map_err(|_| ConfigError::Token)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn token_file(folder: &TempDir, text: &str, mode: u32) -> PathBuf {
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn access(server: &str, token_file: PathBuf) -> Access {
        Access { server: Some(server.to_owned()), token_file: Some(token_file), ..Access::default() }
    }

    #[test]
    fn takes_encrypted_onion_and_loopback_addresses() {
        for (address, onion) in [
            ("https://kurir.contoh.go.id/kpk", false),
            ("https://kurir.contoh.go.id:8443/kpk/", false),
            ("http://127.0.0.1:8081/kpk", false),
            ("http://[::1]:8081/kpk", false),
            ("http://localhost:8081/kpk", false),
            ("http://abcdef.onion/kpk", true),
        ] {
            assert_eq!(check_address(address).ok(), Some(onion), "{address}");
        }
    }

    #[test]
    fn refuses_addresses_that_would_show_the_token_or_lead_elsewhere() {
        assert!(matches!(check_address("http://kurir.contoh.go.id/kpk"), Err(ConfigError::Unencrypted)));
        assert!(matches!(check_address("http://127.0.0.1.contoh.id@x.id/kpk"), Err(ConfigError::Address)));
        for address in
            ["", "ftp://x/kpk", "https://x", "https://x/", "https://x/KPK", "https://x/a/b", "https://x/a?b"]
        {
            assert!(matches!(check_address(address), Err(ConfigError::Address)), "{address}");
        }
    }

    #[test]
    fn a_name_that_begins_like_loopback_is_another_machine() {
        assert!(matches!(check_address("http://127.contoh.id/kpk"), Err(ConfigError::Unencrypted)));
    }

    #[test]
    fn goes_through_tor_to_an_onion_service() {
        let folder = TempDir::new().unwrap();
        let token = token_file(&folder, &"ab".repeat(32), 0o600);
        let config = Config::read(&access("http://abc.onion/kpk", token.clone()), None).ok().unwrap();
        assert_eq!(config.proxy.as_deref(), Some(TOR));
        let direct = Config::read(&access("http://127.0.0.1:1/kpk", token), None).ok().unwrap();
        assert_eq!(direct.proxy, None);
    }

    #[test]
    fn refuses_a_malformed_proxy() {
        for proxy in ["", "9050", "socks5://127.0.0.1:9050", "127.0.0.1:", "127.0.0.1:99999", "a b:1"] {
            assert!(!is_host_and_port(proxy), "{proxy}");
        }
        assert!(is_host_and_port("127.0.0.1:9050") && is_host_and_port("[::1]:9050"));
    }

    #[test]
    fn reads_the_configuration_file_in_the_home_folder() {
        let folder = TempDir::new().unwrap();
        let place = folder.path().join(".config/bisik");
        fs::create_dir_all(&place).unwrap();
        fs::write(
            place.join("courier.toml"),
            "server = \"http://127.0.0.1:8081/kpk\"\ntoken_file = \"token\"\nproxy = \"127.0.0.1:9150\"\n",
        )
        .unwrap();
        fs::write(place.join("token"), format!("{}\n", "cd".repeat(32))).unwrap();
        fs::set_permissions(place.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
        let config = Config::read(&Access::default(), Some(folder.path())).ok().unwrap();
        assert_eq!(config.routes.status(), "http://127.0.0.1:8081/kpk/status");
        assert_eq!(config.proxy.as_deref(), Some("127.0.0.1:9150"));
        assert_eq!(config.token.expose_text().as_str(), "cd".repeat(32));
    }

    #[test]
    fn reads_the_sample() {
        let file: ConfigFile = toml::from_str(include_str!("../../../deploy/courier.toml")).unwrap();
        assert!(check_address(&file.server.unwrap()).is_ok());
        assert_eq!(file.token_file, Some(PathBuf::from("courier.token")));
    }

    #[test]
    fn refuses_unknown_entries() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("courier.toml");
        fs::write(&path, "server = \"http://127.0.0.1/kpk\"\ntoken = \"secret\"\n").unwrap();
        let access = Access { config: Some(path), ..Access::default() };
        assert!(matches!(Config::read(&access, None), Err(ConfigError::Malformed)));
    }

    #[test]
    fn refuses_a_token_file_that_others_can_read_or_that_holds_no_token() {
        let folder = TempDir::new().unwrap();
        let server = "http://127.0.0.1:1/kpk";
        let open = token_file(&folder, &"ab".repeat(32), 0o640);
        assert!(matches!(Config::read(&access(server, open), None), Err(ConfigError::TokenOpen)));
        for text in ["", "AB", &"AB".repeat(32), &"ab".repeat(33)] {
            let wrong = token_file(&folder, text, 0o600);
            assert!(matches!(Config::read(&access(server, wrong), None), Err(ConfigError::Token)), "{text}");
        }
    }

    #[test]
    fn says_what_is_missing() {
        assert!(matches!(Config::read(&Access::default(), None), Err(ConfigError::Missing("--server"))));
    }
}
