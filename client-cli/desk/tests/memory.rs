//! The memory of a desk after its vault is locked: neither the passphrase nor a key is left.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a test fails by panicking"
)]

use std::alloc::System;
use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bisik_desk::vault::{Passphrase, Vault, WorkFactor};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zeroize::Zeroizing;
use zeroizing_alloc::ZeroAlloc;

/// As in the program.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

/// What hides the wanted bytes from the search itself.
const MASK: u8 = 0x5a;

/// The passphrase `penanda-sandi-rahasia`, masked.
const PASSPHRASE: [u8; 21] = masked(*b"penanda-sandi-rahasia");

const fn masked<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    let mut at = 0;
    while at < N {
        bytes[at] ^= MASK;
        at += 1;
    }
    bytes
}

/// Returns where the own memory holds bytes, given masked.
fn places(wanted: &[u8]) -> Vec<String> {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut found = Vec::new();
    let mut page = vec![0; 1 << 20];
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut at = start;
        while rest.starts_with("rw") && at < end {
            let count = memory.read_at(&mut page, at).unwrap_or(0).min((end - at) as usize);
            let bytes = &page[..count];
            let hits = bytes.windows(wanted.len()).enumerate().filter(|(_, window)| {
                window.iter().zip(wanted).all(|(byte, wanted)| *byte ^ MASK == *wanted)
            });
            // The buffer of the search is no place.
            let own = page.as_ptr() as u64..page.as_ptr() as u64 + page.len() as u64;
            let hits = hits.map(|(offset, _)| at + offset as u64).filter(|place| !own.contains(place));
            found.extend(hits.map(|place| format!("{place:#x} in {rest}")));
            at += if count > wanted.len() { (count - wanted.len()) as u64 } else { 1 << 20 };
            if at + wanted.len() as u64 >= end {
                break;
            }
        }
    }
    found
}

/// Writes over the dead part of the stack.
#[inline(never)]
fn scrub() {
    black_box(&mut [0u8; 256 * 1024]);
}

/// The passphrase as an officer types it.
fn typed() -> Passphrase {
    let text: Vec<u8> = PASSPHRASE.iter().map(|byte| byte ^ MASK).collect();
    Passphrase::new(Zeroizing::new(String::from_utf8(text).unwrap()))
}

/// The master key that a vault made with this generator has, masked.
#[inline(never)]
fn master(rng: &mut StdRng) -> [u8; 32] {
    let mut key = [0; 32];
    StdRng::from_rng(rng).fill_bytes(&mut key);
    masked(key)
}

/// Makes a vault, opens it, looks and locks it.
#[inline(never)]
fn session(path: &Path, master: &[u8]) {
    let officer = "sari".parse().unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    drop(Vault::create(path, &officer, &typed(), WorkFactor::for_tests(), &mut rng).unwrap());
    let passphrase = typed();
    let vault = Vault::open(path, &officer, &passphrase, &mut rng).unwrap();
    // The search finds what is there.
    assert_ne!(places(&PASSPHRASE), Vec::<String>::new());
    assert_ne!(places(master), Vec::<String>::new());
    drop((vault, passphrase));
}

#[test]
fn a_locked_vault_leaves_neither_passphrase_nor_key_in_memory() {
    let folder = tempfile::TempDir::new().unwrap();
    let master = master(&mut StdRng::seed_from_u64(1));
    session(&folder.path().join("vault"), &master);
    scrub();
    assert_eq!(places(&PASSPHRASE), Vec::<String>::new());
    assert_eq!(places(&master), Vec::<String>::new());
}
