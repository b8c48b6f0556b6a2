//! The agency: where its box is, and the fingerprint that pins it.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use bisik_formats::ids::AgencyId;
use bisik_formats::routes::{Routes, is_agency_path};
use bisik_term::files::read_bounded;
use bisik_term::{CommandError, ErrorKind};
use serde::Deserialize;
use ureq::http::Uri;

use crate::cli::AgencyArgs;

/// The longest agency file, in bytes.
const MAX_AGENCY_FILE: u64 = 4096;

/// The agency a command is about.
#[derive(Debug, Clone)]
pub struct Agency {
    /// Pins the first root key, and with it everything the agency signs.
    pub id: AgencyId,
    /// Where its box is; not needed without network.
    pub address: Option<Address>,
}

/// An agency file: what a poster shows, to be given once instead of with every command.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyFile {
    /// Address of the box, e.g. `http://abc.onion/kpk`.
    server: Option<String>,
    /// The fingerprint.
    agency: String,
}

impl Agency {
    /// Takes the agency from the command line, an option before the same in the agency file.
    ///
    /// # Errors
    /// Fails if there is no fingerprint, or if a part is malformed.
    pub fn from_args(args: &AgencyArgs) -> Result<Self, CommandError> {
        let file = args.agency_file.as_deref().map(read_file).transpose()?;
        let (server, fingerprint) = match file {
            Some(file) => (file.server, Some(file.agency)),
            None => (None, None),
        };
        let fingerprint = args.agency.as_ref().or(fingerprint.as_ref());
        let fingerprint = fingerprint.ok_or(CommandError::new(ErrorKind::Usage, "err-no-agency"))?;
        let id = AgencyId::parse_fingerprint(fingerprint)
            .map_err(|_| CommandError::new(ErrorKind::Usage, "err-fingerprint"))?;
        let address = args.server.as_ref().or(server.as_ref()).map(|text| text.parse()).transpose()?;
        Ok(Self { id, address })
    }

    /// Returns the address, which commands with network need.
    ///
    /// # Errors
    /// Fails if none was given.
    pub fn address(&self) -> Result<&Address, CommandError> {
        self.address.as_ref().ok_or(CommandError::new(ErrorKind::Usage, "err-no-server"))
    }
}

fn read_file(path: &Path) -> Result<AgencyFile, CommandError> {
    let bytes = read_bounded(path, MAX_AGENCY_FILE)?;
    let file = String::from_utf8(bytes).ok().and_then(|text| toml::from_str(&text).ok());
    file.ok_or_else(|| {
        CommandError::new(ErrorKind::Refused, "err-agency-file")
            .with("path", path.to_string_lossy().into_owned())
    })
}

/// The address of an agency's box: `http` or `https`, a host, and the agency's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    place: Place,
}

/// What kind of host an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Onion,
    ThisDevice,
    Elsewhere,
}

impl Address {
    /// Says whether only Tor reaches the address.
    #[must_use]
    pub fn is_onion(&self) -> bool {
        self.place == Place::Onion
    }

    /// Returns the addresses of everything the box has.
    #[must_use]
    pub fn routes(&self) -> Routes {
        Routes::new(&self.text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Address {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        let malformed = || CommandError::new(ErrorKind::Usage, "err-address");
        let text = text.trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let authority = uri.authority().ok_or_else(malformed)?;
        let path = uri.path().strip_prefix('/').ok_or_else(malformed)?;
        if authority.as_str().contains('@') || uri.query().is_some() || !is_agency_path(path) {
            return Err(malformed());
        }
        let place = place_of(authority.host());
        match uri.scheme_str() {
            Some("https") => {}
            // In the clear, the exit of Tor would see which agency is visited, and could keep editions back.
            Some("http") if place == Place::Elsewhere => {
                return Err(CommandError::new(ErrorKind::Usage, "err-address-clear"));
            }
            Some("http") => {}
            _ => return Err(malformed()),
        }
        Ok(Self { text: text.to_owned(), place })
    }
}

fn place_of(host: &str) -> Place {
    let host = host.trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) if ip.is_loopback() => Place::ThisDevice,
        Err(_) if host.to_ascii_lowercase().ends_with(".onion") => Place::Onion,
        _ => Place::Elsewhere,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    const FINGERPRINT: &str = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";

    fn refused(text: &str) -> &'static str {
        text.parse::<Address>().unwrap_err().id()
    }

    #[test]
    fn addresses_name_one_agency_on_one_host() {
        let onion: Address = "http://abc.onion/kpk/".parse().unwrap();
        assert!(onion.is_onion());
        assert_eq!(onion.routes().card(), "http://abc.onion/kpk/card");
        assert!(!"https://layanan.go.id/kpk".parse::<Address>().unwrap().is_onion());
        assert!("http://127.0.0.1:8080/kpk".parse::<Address>().is_ok());
        assert!("http://[::1]:8080/kpk".parse::<Address>().is_ok());
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            "kpk",
            "abc.onion/kpk",
            "ftp://abc.onion/kpk",
            "http://abc.onion",
            "http://abc.onion/kpk/card",
            "http://abc.onion/kpk?x=1",
            "http://a@abc.onion/kpk",
            "http://abc.onion/../kpk",
        ] {
            assert_eq!(refused(text), "err-address", "{text}");
        }
        assert_eq!(refused("http://layanan.go.id/kpk"), "err-address-clear");
        assert_eq!(refused("http://10.0.0.1/kpk"), "err-address-clear");
    }

    proptest! {
        #[test]
        fn an_address_is_clear_text_only_where_tor_or_nobody_listens(text in "(http|https)://[a-z0-9.:@/?-]{0,40}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert!(text.starts_with("https:") || address.place != Place::Elsewhere);
                prop_assert!(address.routes().card().ends_with("/card"));
            }
        }

        #[test]
        fn any_text_is_judged(text in any::<String>()) {
            prop_assert!(text.parse::<Address>().is_err() || text.starts_with("http"));
        }
    }

    #[test]
    fn options_stand_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kpk.toml");
        std::fs::write(&path, format!("server = \"http://abc.onion/kpk\"\nagency = \"{FINGERPRINT}\"\n"))
            .unwrap();
        let args = AgencyArgs { server: None, agency: None, agency_file: Some(path.clone()) };
        let agency = Agency::from_args(&args).unwrap();
        assert_eq!(agency.id.fingerprint(), FINGERPRINT);
        assert!(agency.address().unwrap().is_onion());
        let other = AgencyArgs { server: Some("https://x.go.id/a".to_owned()), ..args };
        assert_eq!(Agency::from_args(&other).unwrap().address().unwrap().to_string(), "https://x.go.id/a");
        std::fs::write(&path, "server = 5").unwrap();
        assert_eq!(Agency::from_args(&other).unwrap_err().id(), "err-agency-file");
    }

    #[test]
    fn the_fingerprint_is_never_optional() {
        let none =
            AgencyArgs { server: Some("http://abc.onion/kpk".to_owned()), agency: None, agency_file: None };
        assert_eq!(Agency::from_args(&none).unwrap_err().id(), "err-no-agency");
        let short = AgencyArgs { agency: Some("0123-4567".to_owned()), ..none };
        assert_eq!(Agency::from_args(&short).unwrap_err().id(), "err-fingerprint");
        let offline =
            AgencyArgs { server: None, agency: Some(FINGERPRINT.to_lowercase()), agency_file: None };
        assert_eq!(Agency::from_args(&offline).unwrap().address().unwrap_err().id(), "err-no-server");
    }
}
