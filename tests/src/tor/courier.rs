//! The courier's way in: a second onion service that only holders of a key find, made as the manual says.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The two halves of a courier's key, in base32 without filling.
pub(super) struct CourierKey {
    private: String,
    public: String,
}

impl CourierKey {
    /// Makes a key.
    pub(super) fn make(folder: &Path) -> Self {
        let key = folder.join("kurir.pem");
        let made =
            Command::new("openssl").args(["genpkey", "-algorithm", "x25519", "-out"]).arg(&key).status();
        assert!(made.unwrap().success());
        let half = |more: &str| {
            let script =
                format!("openssl pkey -in kurir.pem {more} -outform DER | tail -c 32 | base32 | tr -d =");
            let shell =
                Command::new("sh").args(["-c", &script]).current_dir(folder).stdin(Stdio::null()).output();
            String::from_utf8(shell.unwrap().stdout).unwrap().trim().to_owned()
        };
        let key = Self { private: half(""), public: half("-pubout") };
        assert_eq!((key.private.len(), key.public.len()), (52, 52));
        key
    }

    /// Lets its holder into the service in this folder.
    pub(super) fn admit(&self, service: &Path) {
        let folder = service.join("authorized_clients");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).unwrap();
        fs::write(folder.join("sari.auth"), format!("descriptor:x25519:{}\n", self.public)).unwrap();
    }

    /// Gives it to a client, for the service with this host name.
    pub(super) fn hold(&self, folder: &Path, onion: &str) {
        DirBuilder::new().mode(0o700).create(folder).unwrap();
        let address = onion.strip_suffix(".onion").unwrap();
        let line = format!("{address}:descriptor:x25519:{}\n", self.private);
        fs::write(folder.join("kotak.auth_private"), line).unwrap();
    }
}
