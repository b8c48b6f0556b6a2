//! Through Tor or not at all: host names go to the proxy, every visit has credentials of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::agency::Agency;
use crate::canary::{now, program};
use crate::world::World;

/// What a SOCKS5 proxy was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    user: Vec<u8>,
    password: Vec<u8>,
    /// 3 for a name.
    kind: u8,
    host: String,
    port: u16,
}

/// Starts a SOCKS5 proxy (RFC 1928, 1929) that leads every name to one address.
fn proxy(target: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<Asked>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let log = Arc::clone(&log);
            thread::spawn(move || relay(stream.unwrap(), target, &log).ok());
        }
    });
    (address, asked)
}

fn relay(mut client: TcpStream, target: SocketAddr, log: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let some = |stream: &mut TcpStream, len: usize| -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let counted = |stream: &mut TcpStream| -> std::io::Result<Vec<u8>> {
        let len = some(stream, 1)?[0];
        some(stream, usize::from(len))
    };
    assert_eq!(some(&mut client, 1)?, [5]);
    assert!(counted(&mut client)?.contains(&2), "credentials are offered");
    client.write_all(&[5, 2])?;
    assert_eq!(some(&mut client, 1)?, [1]);
    let (user, password) = (counted(&mut client)?, counted(&mut client)?);
    client.write_all(&[1, 0])?;
    let kind = some(&mut client, 4)?[3];
    let host = match kind {
        3 => String::from_utf8(counted(&mut client)?).unwrap(),
        _ => format!("{:?}", some(&mut client, 4)?),
    };
    let port = u16::from_be_bytes(some(&mut client, 2)?.try_into().unwrap());
    log.lock().unwrap().push(Asked { user, password, kind, host, port });
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    let mut server = TcpStream::connect(target)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        std::io::copy(&mut from_client, &mut to_server).ok();
        to_server.shutdown(Shutdown::Write).ok();
    });
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

const ONION: &str = "http://abcdefghijklmnop.onion/kpk";

/// The real program, its server address an onion name.
fn through_tor(world: &World, proxy: SocketAddr) -> Vec<String> {
    let fingerprint = world.agency.id().fingerprint();
    ["card", "verify", "--agency", &fingerprint, "--server", ONION, "--proxy", &proxy.to_string(), "--json"]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn names_go_to_the_proxy_and_every_visit_stands_alone() {
    let world = World::with(Agency::new(now()), now());
    let (address, asked) = proxy(world.server.address());
    for _ in 0..2 {
        let run = program(&world, &through_tor(&world, address), "");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2, "one connection for each visit: {asked:?}");
    for one in &asked {
        assert_eq!((one.kind, one.host.as_str(), one.port), (3, "abcdefghijklmnop.onion", 80));
        assert_eq!((one.user.len(), one.password.len()), (32, 32));
    }
    assert_ne!(asked[0].user, asked[1].user);
    assert_ne!(asked[0].password, asked[1].password);
    assert_eq!(world.server.take()[0].header("host"), Some("abcdefghijklmnop.onion"));
}

#[test]
fn no_look_up_leaves_the_device() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let world = World::with(Agency::new(now()), now());
    let (address, _) = proxy(world.server.address());
    let log = world.path("jejak");
    let calls = "trace=connect,sendto,sendmsg,sendmmsg,socket,openat";
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", calls, "-o"]).arg(&log).arg(env!("CARGO_BIN_EXE_bisik"));
    let output = command.args(through_tor(&world, address)).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(log).unwrap();
    let internet: Vec<&str> =
        log.lines().filter(|line| line.contains("connect(") || line.contains("send")).collect();
    let allowed = format!("sin_port=htons({})", address.port());
    assert!(internet.iter().any(|line| line.contains(&allowed)), "the proxy was reached: {log}");
    for line in internet.iter().filter(|line| line.contains("sin_port") || line.contains("sin6_port")) {
        assert!(line.contains(&allowed) && line.contains("127.0.0.1"), "{line}");
    }
    for sign in ["SOCK_DGRAM", "resolv.conf", "nsswitch.conf", "/etc/hosts", "htons(53)"] {
        assert!(!log.contains(sign), "{sign} in\n{log}");
    }
}

#[test]
fn without_tor_and_without_leave_nothing_is_sent() {
    let world = World::new();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let mut args = vec!["card".to_owned(), "verify".to_owned(), "--json".to_owned()];
    args.extend(world.arguments());
    args.extend(["--proxy".to_owned(), closed.to_string()]);
    let run = program(&world, &args, "");
    assert_eq!(run.status.code(), Some(4));
    assert!(String::from_utf8(run.stderr).unwrap().contains("err-no-proxy"));
    assert!(world.server.take().is_empty());
    let onion = [&args[..3], &["--server".to_owned(), ONION.to_owned(), "--direct".to_owned()]].concat();
    let onion = [&onion[..], &["--agency".to_owned(), world.agency.id().fingerprint()]].concat();
    let run = program(&world, &onion, "");
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8(run.stderr).unwrap().contains("err-onion-direct"));
}

#[test]
fn a_proxy_is_an_address_and_never_a_name() {
    let world = World::new();
    let args = [
        "inbox",
        "--proxy",
        "localhost:9050",
        "--agency",
        &world.agency.id().fingerprint(),
        "--server",
        ONION,
    ];
    let run = program(&world, &args.map(str::to_owned), "");
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn a_proxy_of_the_environment_is_ignored() {
    let world = World::with(Agency::new(now()), now());
    let (address, asked) = proxy(world.server.address());
    let mut command = Command::new(env!("CARGO_BIN_EXE_bisik"));
    command.args(["card", "verify", "--direct"]).args(world.arguments()).env_clear();
    for name in ["ALL_PROXY", "HTTP_PROXY", "http_proxy", "all_proxy"] {
        command.env(name, format!("socks5://{address}"));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(asked.lock().unwrap().is_empty());
}
