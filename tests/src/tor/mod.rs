//! A Tor network of its own on loopback: three authorities, four relays, the onion service as it is shipped, a client.
//!
//! Nothing leaves this machine. Every process ends with the test, also with one that is killed.

mod control;
mod courier;
mod keys;
mod node;

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

pub use self::control::Control;
use self::courier::CourierKey;
use self::keys::Authority;
use self::node::Node;
use crate::run::workspace;
use crate::socks;

const AUTHORITIES: usize = 3;
const RELAYS: usize = 4;

/// How often a network that does not come up is begun anew.
const STARTS: usize = 4;
/// The longest wait for one node to find its way into the network.
const BOOTSTRAP: Duration = Duration::from_secs(75);
/// How often the new service is asked before the start counts as failed, and how long each time.
const ASKED: usize = 5;
const ANSWER: Duration = Duration::from_secs(20);

/// A running network.
pub struct TorNetwork {
    relays: Vec<Node>,
    service: Node,
    client: Node,
    onion: String,
    courier: String,
    socks: SocketAddr,
    // Last: the folder goes when nobody writes to it any more.
    _folder: TempDir,
}

impl TorNetwork {
    /// Starts a network, with services in front of a box whose sides for reporters and couriers are at `host:port`; a
    /// start that hangs is given up and repeated.
    ///
    /// # Panics
    /// Panics if no start succeeds.
    pub fn before(public: &str, courier: &str) -> Self {
        for start in 1..=STARTS {
            match Self::start(public, courier) {
                Ok(network) => return network,
                Err(why) => eprintln!("start {start} of the Tor network: {why}"),
            }
        }
        panic!("the Tor network does not come up");
    }

    fn start(public: &str, courier: &str) -> Result<Self, String> {
        let folder = TempDir::with_prefix("bisik-tor-").unwrap();
        let ports = Ports::free();
        let authorities: Vec<Authority> =
            (0..AUTHORITIES).map(|number| Authority::found(folder.path(), number, &ports)).collect();
        let common = common(&authorities);
        let mut relays: Vec<Node> =
            authorities.iter().map(|authority| authority.run(folder.path(), &common, &ports)).collect();
        for number in 0..RELAYS {
            let own = format!(
                "SocksPort 0\nORPort 127.0.0.1:{}\nAssumeReachable 1\nExitRelay 0\n",
                ports.or[AUTHORITIES + number]
            );
            relays.push(Node::run(folder.path(), &format!("r{number}"), &format!("{common}{own}")));
        }
        let key = CourierKey::make(folder.path());
        let service = service(folder.path(), &common, &key, [public, courier]);
        // By then it has made its addresses.
        service.says("Bootstrapped 0%", BOOTSTRAP)?;
        let [onion, courier] = ["onion", "onion-courier"].map(|name| {
            let hostname = folder.path().join("service").join(name).join("hostname");
            fs::read_to_string(hostname).unwrap().trim().to_owned()
        });
        let held = folder.path().join("held");
        key.hold(&held, &courier);
        let socks = SocketAddr::from(([127, 0, 0, 1], ports.socks));
        let own = format!("SocksPort {socks}\nClientOnionAuthDir {}\n", held.display());
        let client = Node::run(folder.path(), "client", &format!("{common}{own}"));
        for node in [&service, &client] {
            node.says("Bootstrapped 100%", BOOTSTRAP)?;
        }
        let network = Self { relays, service, client, onion, courier, socks, _folder: folder };
        network.warm_up()?;
        Ok(network)
    }

    /// Waits until the services have told where they are, and a client reaches them.
    fn warm_up(&self) -> Result<(), String> {
        self.reach(&self.onion)?;
        self.reach(&self.courier)
    }

    fn reach(&self, onion: &str) -> Result<(), String> {
        let mut said = String::new();
        for _ in 0..ASKED {
            match socks::connect(self.socks, onion, 80, ANSWER) {
                Ok(stream) => {
                    drop::<TcpStream>(stream);
                    return Ok(());
                }
                Err(error) => said = error.to_string(),
            }
            // Instead of a pause: the next thing that the service's Tor publishes, or a while.
            self.service.control().wait_for("HS_DESC", "UPLOADED", Duration::from_secs(3));
        }
        Err(format!("the service is not reached: {said}"))
    }

    /// Returns the host name of the service.
    pub fn onion(&self) -> &str {
        &self.onion
    }

    /// Returns the host name of the courier's service.
    pub fn courier(&self) -> &str {
        &self.courier
    }

    /// Returns the address at which the client takes SOCKS.
    pub const fn socks(&self) -> SocketAddr {
        self.socks
    }

    /// Returns the control connection to the client.
    pub fn client(&self) -> Control {
        self.client.control()
    }

    /// Returns the control connection to the service's Tor.
    pub fn service(&self) -> Control {
        self.service.control()
    }

    /// Returns what the service's Tor has said so far.
    pub fn service_log(&self) -> String {
        self.service.log()
    }

    /// Kills one of the relays with these names, not an authority if it can be helped; returns which.
    ///
    /// # Panics
    /// Panics if there is none.
    pub fn kill_one_of(&mut self, names: &[String]) -> usize {
        // The authorities come first.
        let on_path = |node: &Node| names.iter().any(|name| name == node.name());
        let found = self.relays.iter().rposition(on_path).unwrap_or_else(|| panic!("none of {names:?}"));
        self.relays[found].kill();
        found
    }

    /// Starts a relay again that was killed, as its system does: it knows nothing of the circuits it was part of.
    ///
    /// The real network has thousands of others instead. Here a dead one of seven would be asked into most circuits, for as
    /// long as the authorities believe in it.
    pub fn start_again(&mut self, relay: usize) {
        self.relays[relay].start_again();
    }
}

/// Starts the services with the torrc as it is shipped, that of couriers included: only folders, ports and the log are
/// others.
fn service(folder: &Path, common: &str, key: &CourierKey, [public, courier]: [&str; 2]) -> Node {
    let mut shipped = fs::read_to_string(workspace().join("deploy/tor/torrc")).unwrap();
    let onion = folder.join("service/onion").display().to_string();
    key.admit(&folder.join("service/onion-courier"));
    for (theirs, ours) in [
        ("\nHiddenServiceDir /var/lib/tor/bisik\n", format!("\nHiddenServiceDir {onion}\n")),
        ("\nHiddenServicePort 80 127.0.0.1:8080\n", format!("\nHiddenServicePort 80 {public}\n")),
        ("\n#HiddenServiceDir /var/lib/tor/bisik-courier\n", format!("\nHiddenServiceDir {onion}-courier\n")),
        ("\n#HiddenServicePort 80 127.0.0.1:8081\n", format!("\nHiddenServicePort 80 {courier}\n")),
        ("\nLog notice syslog\n", "\nLog notice stdout\n".to_owned()),
    ] {
        assert_eq!(shipped.matches(theirs).count(), 1, "{theirs}");
        shipped = shipped.replace(theirs, &ours);
    }
    Node::run(folder, "service", &format!("{common}{shipped}"))
}

/// What every node of the network has in its settings.
fn common(authorities: &[Authority]) -> String {
    let lines: String = authorities.iter().map(Authority::line).collect();
    format!(
        "TestingTorNetwork 1\n\
         Address 127.0.0.1\n\
         PathsNeededToBuildCircuits 0.25\n\
         TestingDirAuthVoteExit *\n\
         TestingDirAuthVoteHSDir *\n\
         TestingDirAuthVoteGuard *\n\
         V3AuthNIntervalsValid 2\n\
         ShutdownWaitLength 0\n\
         {lines}"
    )
}

/// Free ports of this machine.
struct Ports {
    or: Vec<u16>,
    dir: Vec<u16>,
    socks: u16,
}

impl Ports {
    fn free() -> Self {
        let listeners: Vec<TcpListener> =
            (0..2 * AUTHORITIES + RELAYS + 1).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let mut ports = listeners.iter().map(|listener| listener.local_addr().unwrap().port());
        let or = ports.by_ref().take(AUTHORITIES + RELAYS).collect();
        let dir = ports.by_ref().take(AUTHORITIES).collect();
        Self { or, dir, socks: ports.next().unwrap() }
    }
}
