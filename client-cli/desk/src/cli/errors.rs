//! From errors of the library to what an officer reads: an exit code, a cause and an advice.

use bisik_formats::card::CardError;
use bisik_term::{CommandError, ErrorKind};

use crate::backup::BackupError;
use crate::cases::CaseError;
use crate::desk::DeskError;
use crate::export::ExportError;
use crate::guard::GuardError;
use crate::import::ImportError;
use crate::publish::{OutboxError, PublishError};
use crate::request::RequestError;
use crate::root::RootError;
use crate::selftest::SelfTestError;
use crate::vault::{Place, VaultError};

const fn refused(id: &'static str) -> (ErrorKind, &'static str) {
    (ErrorKind::Refused, id)
}

const fn unverified(id: &'static str) -> (ErrorKind, &'static str) {
    (ErrorKind::Verification, id)
}

fn plain((kind, id): (ErrorKind, &'static str)) -> CommandError {
    CommandError::new(kind, id)
}

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        plain(match error {
            VaultError::Missing => refused("err-vault-missing"),
            VaultError::NotEmpty => refused("err-vault-not-empty"),
            VaultError::InUse => (ErrorKind::TryLater, "err-vault-in-use"),
            VaultError::Layout => refused("err-vault-layout"),
            VaultError::WrongPassphrase => (ErrorKind::Secret, "err-passphrase-wrong"),
            VaultError::ShortPassphrase => refused("err-passphrase-short"),
            VaultError::OfficerName => (ErrorKind::Usage, "err-officer-name"),
            VaultError::UnknownOfficer => refused("err-officer-unknown"),
            VaultError::OfficerExists => refused("err-officer-exists"),
            VaultError::LastOfficer => refused("err-officer-last"),
            VaultError::Damaged(Place::Evidence) => unverified("err-damaged-evidence"),
            VaultError::Damaged(place) => {
                return plain(unverified("err-damaged")).with("place", place_code(place));
            }
            VaultError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                (ErrorKind::Io, "err-disk-full")
            }
            VaultError::Database(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) =>
            {
                (ErrorKind::Io, "err-disk-full")
            }
            VaultError::Io(error) => {
                return plain((ErrorKind::Io, "err-vault-io")).with("detail", error.to_string());
            }
            VaultError::Database(error) => {
                return plain((ErrorKind::Io, "err-vault-io")).with("detail", error.to_string());
            }
            VaultError::Crypto | VaultError::Encoding => return Self::internal(error),
        })
    }
}

/// Names the part that is damaged, for those who repair it.
const fn place_code(place: Place) -> &'static str {
    match place {
        Place::Database => "database",
        Place::Officers => "officers",
        Place::Record => "record",
        Place::Head => "head",
        Place::Journal => "journal",
        Place::Evidence => "evidence",
    }
}

impl From<DeskError> for CommandError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Vault(error) => error.into(),
            DeskError::NoDesk => plain(refused("err-no-desk")),
            DeskError::NoCard => plain(refused("err-no-card")),
            DeskError::Card(error) => card_error(error),
            DeskError::CardOlder { held, offered } => {
                plain(unverified("err-card-older")).with("held", held).with("offered", offered)
            }
            DeskError::CardForked { serial } => plain(unverified("err-card-forked")).with("serial", serial),
            DeskError::NotOnCard => plain(refused("err-not-on-card")),
            DeskError::Request(error) => request_error(error),
            DeskError::Key(error) => Self::internal(error),
        }
    }
}

fn card_error(error: CardError) -> CommandError {
    match error {
        CardError::NotYet => plain(refused("err-card-not-yet")),
        CardError::Expired => plain(refused("err-card-expired")),
        CardError::Form(error) => plain(refused("err-form")).with("detail", error.to_string()),
        CardError::Range | CardError::Desks => {
            plain(refused("err-card-values")).with("detail", error.to_string())
        }
        error => plain(unverified("err-card")).with("detail", error.to_string()),
    }
}

fn request_error(error: RequestError) -> CommandError {
    plain(unverified("err-request")).with("detail", error.to_string())
}

impl From<GuardError> for CommandError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Past { today, last } => plain(refused("err-date-past"))
                .with("today", today.to_string())
                .with("last", last.to_string()),
            GuardError::Future { today, last } => plain(refused("err-date-future"))
                .with("today", today.to_string())
                .with("last", last.to_string()),
            GuardError::Vault(error) => error.into(),
        }
    }
}

impl From<SelfTestError> for CommandError {
    fn from(error: SelfTestError) -> Self {
        match error {
            SelfTestError::Identity => plain(unverified("err-self-test")),
            SelfTestError::Vault(error) => error.into(),
        }
    }
}

impl From<CaseError> for CommandError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Unknown { number } => plain(refused("err-case-unknown")).with("case", number),
            CaseError::UnknownPart => plain(refused("err-case-part")),
            CaseError::Status => plain(refused("err-status")),
            CaseError::Empty => plain(refused("err-text-empty")),
            CaseError::TooLong { over } => plain(refused("err-text-long")).with("over", over),
            CaseError::Dangerous { word } => plain(refused("err-text-dangerous")).with("word", word),
            CaseError::Letter(error) => Self::internal(error),
            CaseError::Questions { over } => plain(refused("err-questions")).with("over", over),
            CaseError::Ended => plain(refused("err-case-ended")),
            CaseError::Closes => plain(refused("err-closes")),
            CaseError::Desk(error) => error.into(),
            CaseError::Vault(error) => error.into(),
        }
    }
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Guard(error) => error.into(),
            ImportError::SelfTest(error) => error.into(),
            ImportError::Desk(error) => error.into(),
            ImportError::Vault(error) => error.into(),
            ImportError::Outbox(error) => error.into(),
            ImportError::NoReports => plain(refused("err-stick-reports")),
            ImportError::Stick(error) => {
                plain((ErrorKind::Io, "err-stick")).with("detail", error.to_string())
            }
            ImportError::Room { needed, free } => plain((ErrorKind::Io, "err-room"))
                .with("needed", needed.div_ceil(1_000_000))
                .with("free", free / 1_000_000),
        }
    }
}

impl From<PublishError> for CommandError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Guard(error) => error.into(),
            PublishError::SelfTest(error) => error.into(),
            PublishError::Desk(error) => error.into(),
            PublishError::Vault(error) => error.into(),
            PublishError::KeyWindow => plain(refused("err-key-window")),
            PublishError::Until => plain(refused("err-until")),
            PublishError::Outbox(error) => error.into(),
            PublishError::Edition(error) => Self::internal(error),
            PublishError::Letter(error) => Self::internal(error),
            PublishError::Acknowledgement(error) => Self::internal(error),
            PublishError::Stick(error) => error.into(),
        }
    }
}

impl From<OutboxError> for CommandError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Newer { number } => {
                plain(unverified("err-outbox-newer")).with("number", number.to_string())
            }
            OutboxError::Forked { number } => {
                plain(unverified("err-outbox-forked")).with("number", number.to_string())
            }
            OutboxError::Restored => plain(refused("err-outbox-restored")),
            OutboxError::Kind => plain(refused("err-outbox-kind")),
            OutboxError::File(error) => error.into(),
            OutboxError::Vault(error) => error.into(),
        }
    }
}

impl From<BackupError> for CommandError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Guard(error) => error.into(),
            BackupError::Desk(error) => error.into(),
            BackupError::Vault(error) => error.into(),
            BackupError::SelfTest(error) => error.into(),
            BackupError::Taken => plain(refused("err-backup-taken")),
        }
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Case(error) => error.into(),
            ExportError::Vault(error) => error.into(),
            ExportError::File(error) => error.into(),
            ExportError::Folder(error) => {
                plain((ErrorKind::Io, "err-folder")).with("detail", error.to_string())
            }
            ExportError::NoIdentity => plain(refused("err-no-identity")),
        }
    }
}

impl From<RootError> for CommandError {
    fn from(error: RootError) -> Self {
        match error {
            RootError::NotEmpty => plain(refused("err-root-not-empty")),
            RootError::NoRoot => plain(refused("err-root-missing")),
            RootError::UnknownKey => plain(refused("err-root-key")),
            RootError::SamePassphrase => plain(refused("err-root-same-passphrase")),
            RootError::Passphrase(error) => error.into(),
            RootError::Damaged => plain(unverified("err-root-damaged")),
            RootError::Succession(error) => {
                plain(unverified("err-succession")).with("detail", error.to_string())
            }
            RootError::Card(error) => card_error(error),
            RootError::Request(error) => request_error(error),
            RootError::RequestAgency => plain(refused("err-request-agency")),
            RootError::RequestTwice => plain(refused("err-request-twice")),
            RootError::Description { detail } => plain(refused("err-description")).with("detail", detail),
            RootError::DemandsIdentity { field } => plain(refused("err-form-identity")).with("field", field),
            RootError::Rollback { held } => plain(refused("err-root-rollback")).with("held", held),
            RootError::Key(error) => Self::internal(error),
            RootError::File(error) => error.into(),
            RootError::Folder(error) => {
                plain((ErrorKind::Io, "err-folder")).with("detail", error.to_string())
            }
            RootError::Sheet(error) => Self::internal(error),
        }
    }
}
