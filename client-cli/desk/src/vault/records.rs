//! Sealed records in SQLite, and the head over all of them.
//!
//! A row is `(table, key, version, sealed)`. `key` is an HMAC of the row's name, so that no name stands in the
//! clear. `sealed` is a random nonce and ChaCha20-Poly1305 under a key of the row, bound to table, key and version.
//! The head, sealed likewise, holds the exclusive or of a keyed digest of every row and the end of the journal.

use bisik_formats::ids::Digest;
use rand::CryptoRng;
use rand::rngs::StdRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk};
use ring::hmac;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keys::{MasterKey, expand};
use super::{Place, VaultError};

/// What a record is about. The number stands in the database, the label in the key derivation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Head,
    Journal,
    Settings,
    Identities,
    Editions,
    Threads,
    Messages,
    Proofs,
    Replays,
    Imported,
    Quarantine,
}

const TABLES: [(Table, &[u8]); 11] = [
    (Table::Head, b"head"),
    (Table::Journal, b"journal"),
    (Table::Settings, b"settings"),
    (Table::Identities, b"identities"),
    (Table::Editions, b"editions"),
    (Table::Threads, b"threads"),
    (Table::Messages, b"messages"),
    (Table::Proofs, b"proofs"),
    (Table::Replays, b"replays"),
    (Table::Imported, b"imported"),
    (Table::Quarantine, b"quarantine"),
];

const TABLE_LABEL: &[u8] = b"bisik/vault-table/1/";
const NAME_LABEL: &[u8] = b"bisik/vault-names/1";
const HEAD_LABEL: &[u8] = b"bisik/vault-head/1";
const AAD_LABEL: &[u8] = b"bisik/vault-record/1\n";
const ROW_KEY_LEN: usize = 16;

/// The key of a row in the database.
type RowKey = [u8; ROW_KEY_LEN];

/// What is known about the whole vault.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Head {
    /// Exclusive or over the keyed digests of all rows.
    rows: Digest,
    /// Number of rows.
    count: u64,
    /// Number of journal entries.
    pub(super) journal_len: u64,
    /// Hash of the last journal entry.
    pub(super) journal_hash: Digest,
    /// Digest over the officers.
    officers: Digest,
}

/// All sealed records of a vault.
pub(crate) struct Records {
    db: Connection,
    tables: Vec<Prk>,
    names: hmac::Key,
    digests: hmac::Key,
    noise: StdRng,
    head: Head,
}

impl Records {
    pub(super) fn create(
        db: Connection,
        master: &MasterKey,
        noise: StdRng,
        officers: Digest,
    ) -> Result<Self, VaultError> {
        db.execute_batch(
            "CREATE TABLE records (tbl INTEGER NOT NULL, key BLOB NOT NULL, version INTEGER NOT NULL, \
             sealed BLOB NOT NULL, PRIMARY KEY (tbl, key)) STRICT",
        )?;
        let head = Head {
            rows: Digest::from_bytes([0; 32]),
            count: 0,
            journal_len: 0,
            journal_hash: Digest::from_bytes([0; 32]),
            officers,
        };
        let mut records = Self::over(db, master, noise, head)?;
        records.transaction(|_| Ok::<_, VaultError>(()))?;
        Ok(records)
    }

    /// Opens the records and verifies each of them against the head.
    pub(super) fn open(
        db: Connection,
        master: &MasterKey,
        noise: StdRng,
        officers: Digest,
    ) -> Result<Self, VaultError> {
        let none = Digest::from_bytes([0; 32]);
        let empty = Head { rows: none, count: 0, journal_len: 0, journal_hash: none, officers: none };
        let mut records = Self::over(db, master, noise, empty)?;
        let key = records.row_key(Table::Head, b"");
        let sealed = records.find(Table::Head, &key)?.ok_or(VaultError::Damaged(Place::Head))?;
        let plain = records.unseal(Table::Head, &key, &sealed)?;
        records.head = serde_json::from_slice(&plain).map_err(|_| VaultError::Damaged(Place::Head))?;
        if records.head.officers != officers {
            return Err(VaultError::Damaged(Place::Officers));
        }
        records.verify()?;
        Ok(records)
    }

    fn over(db: Connection, master: &MasterKey, noise: StdRng, head: Head) -> Result<Self, VaultError> {
        let prk = |label: &[u8]| {
            let key = master.derive(&[TABLE_LABEL, label].concat())?;
            Ok(Prk::new_less_safe(HKDF_SHA256, key.as_slice()))
        };
        let mac = |label| Ok::<_, VaultError>(hmac::Key::new(hmac::HMAC_SHA256, &*master.derive(label)?));
        let tables = TABLES.iter().map(|(_, label)| prk(label)).collect::<Result<_, VaultError>>()?;
        Ok(Self { db, tables, names: mac(NAME_LABEL)?, digests: mac(HEAD_LABEL)?, noise, head })
    }

    /// Opens every row and compares their digest and number with the head.
    pub(super) fn verify(&self) -> Result<(), VaultError> {
        let mut statement = self.db.prepare("SELECT tbl, key, version, sealed FROM records")?;
        let mut rows = statement.query([])?;
        let (mut digest, mut count) = ([0; 32], 0);
        while let Some(row) = rows.next()? {
            let table = table_of(row.get(0)?)?;
            let key: RowKey = row.get(1).map_err(|_| VaultError::Damaged(Place::Record))?;
            let sealed = SealedRow { version: row.get(2)?, bytes: row.get(3)? };
            self.unseal(table, &key, &sealed)?;
            if table != Table::Head {
                mix(&mut digest, &self.row_digest(table, &key, &sealed));
                count += 1;
            }
        }
        let holds = self.head.rows.as_bytes() == &digest && self.head.count == count;
        if holds { Ok(()) } else { Err(VaultError::Damaged(Place::Head)) }
    }

    /// Runs a change as one transaction: it is durable with its head, or has not happened.
    pub(crate) fn transaction<T, E: From<VaultError>>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.nested(["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"], |records| {
            let done = change(records)?;
            records.write_head()?;
            Ok(done)
        })
    }

    /// Runs a part of a transaction so that its failure undoes this part only.
    pub(crate) fn part<T, E: From<VaultError>>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.nested(["SAVEPOINT part", "RELEASE part", "ROLLBACK TO part; RELEASE part"], change)
    }

    fn nested<T, E: From<VaultError>>(
        &mut self,
        [begin, commit, undo]: [&str; 3],
        change: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.execute_batch(begin).map_err(VaultError::from)?;
        let before = self.head.clone();
        let done = change(self).and_then(|done| {
            self.db.execute_batch(commit).map(|()| done).map_err(|e| VaultError::from(e).into())
        });
        if done.is_err() {
            self.head = before;
            // SQLite has undone it by itself after some failures.
            self.db.execute_batch(undo).ok();
        }
        done
    }

    fn write_head(&mut self) -> Result<(), VaultError> {
        let plain = serde_json::to_vec(&self.head).map_err(|_| VaultError::Encoding)?;
        let key = self.row_key(Table::Head, b"");
        let version = self.find(Table::Head, &key)?.map_or(0, |old| old.version);
        let sealed = self.seal(Table::Head, &key, version + 1, &plain)?;
        self.store(Table::Head, &key, &sealed)
    }

    /// Returns the content of a record.
    pub(crate) fn get(&self, table: Table, name: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let key = self.row_key(table, name);
        self.find(table, &key)?.map(|sealed| self.unseal(table, &key, &sealed)).transpose()
    }

    /// Tells whether there is a record of this name.
    pub(crate) fn has(&self, table: Table, name: &[u8]) -> Result<bool, VaultError> {
        let key = self.row_key(table, name);
        let mut statement = self.db.prepare_cached("SELECT 1 FROM records WHERE tbl = ?1 AND key = ?2")?;
        Ok(statement.exists(params![number_of(table), key])?)
    }

    /// Writes a record, new or in place of an old one. Only inside a transaction.
    pub(crate) fn put(&mut self, table: Table, name: &[u8], content: &[u8]) -> Result<(), VaultError> {
        let key = self.row_key(table, name);
        let old = self.find(table, &key)?;
        let sealed = self.seal(table, &key, old.as_ref().map_or(0, |old| old.version) + 1, content)?;
        self.store(table, &key, &sealed)?;
        match &old {
            Some(old) => self.mix_into_head(table, &key, old),
            None => self.head.count += 1,
        }
        self.mix_into_head(table, &key, &sealed);
        Ok(())
    }

    /// Deletes a record; SQLite overwrites it. Only inside a transaction.
    pub(crate) fn delete(&mut self, table: Table, name: &[u8]) -> Result<(), VaultError> {
        let key = self.row_key(table, name);
        if let Some(old) = self.find(table, &key)? {
            self.db
                .execute("DELETE FROM records WHERE tbl = ?1 AND key = ?2", params![number_of(table), key])?;
            self.mix_into_head(table, &key, &old);
            self.head.count -= 1;
        }
        Ok(())
    }

    /// Returns the content of all records of a table, in no order.
    pub(crate) fn all(&self, table: Table) -> Result<Vec<Zeroizing<Vec<u8>>>, VaultError> {
        let mut statement =
            self.db.prepare_cached("SELECT key, version, sealed FROM records WHERE tbl = ?1")?;
        let mut rows = statement.query([number_of(table)])?;
        let mut contents = Vec::new();
        while let Some(row) = rows.next()? {
            let key: RowKey = row.get(0).map_err(|_| VaultError::Damaged(Place::Record))?;
            let sealed = SealedRow { version: row.get(1)?, bytes: row.get(2)? };
            contents.push(self.unseal(table, &key, &sealed)?);
        }
        Ok(contents)
    }

    /// As [`Records::get`], for a record that is JSON.
    pub(crate) fn get_json<T: DeserializeOwned>(
        &self,
        table: Table,
        name: &[u8],
    ) -> Result<Option<T>, VaultError> {
        self.get(table, name)?.map(|content| parse(&content)).transpose()
    }

    /// As [`Records::put`], for a record that is JSON.
    pub(crate) fn put_json<T: Serialize>(
        &mut self,
        table: Table,
        name: &[u8],
        value: &T,
    ) -> Result<(), VaultError> {
        // With room for any record, so that no copy of a secret stays behind when the buffer grows.
        let mut content = Zeroizing::new(Vec::with_capacity(64 * 1024));
        serde_json::to_writer(&mut *content, value).map_err(|_| VaultError::Encoding)?;
        self.put(table, name, &content)
    }

    /// As [`Records::all`], for records that are JSON.
    pub(crate) fn all_json<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<T>, VaultError> {
        self.all(table)?.iter().map(|content| parse(content)).collect()
    }

    pub(super) const fn database(&self) -> &Connection {
        &self.db
    }

    pub(super) const fn head(&self) -> &Head {
        &self.head
    }

    pub(super) const fn set_journal(&mut self, len: u64, hash: Digest) {
        self.head.journal_len = len;
        self.head.journal_hash = hash;
    }

    pub(super) const fn set_officers(&mut self, digest: Digest) {
        self.head.officers = digest;
    }

    /// Runs SQLite's own check of the file.
    pub(crate) fn check_file(&self) -> Result<(), VaultError> {
        let verdict: String = self.db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict == "ok" { self.verify() } else { Err(VaultError::Damaged(Place::Database)) }
    }

    fn find(&self, table: Table, key: &RowKey) -> Result<Option<SealedRow>, VaultError> {
        let mut statement =
            self.db.prepare_cached("SELECT version, sealed FROM records WHERE tbl = ?1 AND key = ?2")?;
        let found = statement.query_row(params![number_of(table), key], |row| {
            Ok(SealedRow { version: row.get(0)?, bytes: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    fn store(&self, table: Table, key: &RowKey, sealed: &SealedRow) -> Result<(), VaultError> {
        let mut statement = self.db.prepare_cached(
            "INSERT INTO records (tbl, key, version, sealed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (tbl, key) DO UPDATE SET version = excluded.version, sealed = excluded.sealed",
        )?;
        statement.execute(params![number_of(table), key, sealed.version, sealed.bytes])?;
        Ok(())
    }

    fn row_key(&self, table: Table, name: &[u8]) -> RowKey {
        let mut context = hmac::Context::with_key(&self.names);
        context.update(&[number_of(table)]);
        context.update(name);
        let mut key = [0; ROW_KEY_LEN];
        for (to, from) in key.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        key
    }

    fn row_digest(&self, table: Table, key: &RowKey, sealed: &SealedRow) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.digests);
        context.update(&[number_of(table)]);
        context.update(key);
        context.update(&sealed.version.to_be_bytes());
        // Nonce and tag stand for the whole: what lies between is verified by the tag.
        context.update(sealed.bytes.get(..NONCE_LEN).unwrap_or_default());
        context.update(sealed.bytes.last_chunk::<16>().map_or(&[], |tag| tag.as_slice()));
        context.sign()
    }

    fn mix_into_head(&mut self, table: Table, key: &RowKey, sealed: &SealedRow) {
        let mut rows = *self.head.rows.as_bytes();
        mix(&mut rows, &self.row_digest(table, key, sealed));
        self.head.rows = Digest::from_bytes(rows);
    }

    fn aead(&self, table: Table, key: &RowKey) -> Result<LessSafeKey, VaultError> {
        let prk = self.tables.get(usize::from(number_of(table))).ok_or(VaultError::Crypto)?;
        let row = expand(prk, &[key])?;
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, row.as_slice()).map_err(|_| VaultError::Crypto)?;
        Ok(LessSafeKey::new(unbound))
    }

    fn seal(
        &mut self,
        table: Table,
        key: &RowKey,
        version: i64,
        plain: &[u8],
    ) -> Result<SealedRow, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        rand::Rng::fill_bytes(&mut self.noise, &mut nonce);
        let mut content = Zeroizing::new(Vec::with_capacity(plain.len() + CHACHA20_POLY1305.tag_len()));
        content.extend_from_slice(plain);
        let aad = Aad::from(aad(table, key, version));
        self.aead(table, key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *content)
            .map_err(|_| VaultError::Crypto)?;
        Ok(SealedRow { version, bytes: [&nonce, content.as_slice()].concat() })
    }

    fn unseal(
        &self,
        table: Table,
        key: &RowKey,
        sealed: &SealedRow,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let damaged = || VaultError::Damaged(Place::Record);
        let (nonce, body) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut content = Zeroizing::new(body.to_vec());
        let aad = Aad::from(aad(table, key, sealed.version));
        let len = self
            .aead(table, key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut content)
            .map_err(|_| damaged())?
            .len();
        content.truncate(len);
        Ok(content)
    }
}

/// A row as it lies in the database.
struct SealedRow {
    version: i64,
    bytes: Vec<u8>,
}

fn aad(table: Table, key: &RowKey, version: i64) -> Vec<u8> {
    [AAD_LABEL, &[number_of(table)], key, &version.to_be_bytes()].concat()
}

/// Adds a row's digest to the set, or takes it away again.
fn mix(into: &mut [u8; 32], digest: &hmac::Tag) {
    for (to, from) in into.iter_mut().zip(digest.as_ref()) {
        *to ^= from;
    }
}

fn number_of(table: Table) -> u8 {
    // A position in a list of eleven.
    let position = TABLES.iter().position(|(known, _)| *known == table);
    position.and_then(|position| u8::try_from(position).ok()).unwrap_or(u8::MAX)
}

fn table_of(number: i64) -> Result<Table, VaultError> {
    let position = usize::try_from(number).ok();
    let found = position.and_then(|position| TABLES.get(position)).map(|(table, _)| *table);
    found.ok_or(VaultError::Damaged(Place::Record))
}

fn parse<T: DeserializeOwned>(content: &[u8]) -> Result<T, VaultError> {
    serde_json::from_slice(content).map_err(|_| VaultError::Damaged(Place::Record))
}

/// Fills bytes from a generator; here so that callers need no import.
pub(super) fn random<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
