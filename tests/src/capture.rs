//! A capture of what passes on the loopback device, by `tcpdump`: what somebody sees who only counts bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A capture that is running.
pub struct Capture {
    tcpdump: Child,
    said: BufReader<ChildStderr>,
    server: SocketAddr,
    folder: TempDir,
    /// Connections that were given out, and those of the capture itself.
    taken: usize,
}

/// A connection as it looks from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who opened it.
    pub client: SocketAddr,
    /// Bytes that passed in one direction until the other side said something, by turns, the client's first.
    pub turns: Vec<u64>,
}

impl Flow {
    /// Returns the bytes of the client.
    pub fn up(&self) -> u64 {
        self.turns.iter().step_by(2).sum()
    }

    /// Returns the bytes of the server.
    pub fn down(&self) -> u64 {
        self.turns.iter().skip(1).step_by(2).sum()
    }
}

impl Capture {
    /// Begins to capture what passes between anybody and a server at `host:port`. Only root may: for anybody else there
    /// is `None`, and `test` is counted as skipped in the output of the run.
    ///
    /// # Panics
    /// Panics if the capture does not begin.
    pub fn of(server: &str, test: &str) -> Option<Self> {
        let id = Command::new("id").arg("-u").output().unwrap();
        if id.stdout != b"0\n" {
            eprintln!("SKIPPED {test}: capturing needs root");
            return None;
        }
        let server: SocketAddr = server.parse().unwrap();
        let folder = TempDir::with_prefix("bisik-wire-").unwrap();
        // Ends with the test, however that ends.
        let mut tcpdump = Command::new("setpriv");
        tcpdump.args(["--pdeathsig", "KILL", "tcpdump", "-i", "any", "-n", "-s", "96", "-B", "65536", "-U"]);
        tcpdump.args(["-Z", "root", "-w"]).arg(folder.path().join("pcap"));
        tcpdump.arg(format!("tcp port {}", server.port()));
        tcpdump.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut tcpdump = tcpdump.spawn().unwrap();
        let mut said = BufReader::new(tcpdump.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "tcpdump does not begin to capture");
        }
        Some(Self { tcpdump, said, server, folder, taken: 0 })
    }

    /// Returns the connections that began since the last call, in their order.
    ///
    /// # Panics
    /// Panics if the server does not listen any more.
    pub fn take(&mut self) -> Vec<Flow> {
        // Whatever has passed is written before a connection that is made now.
        let mark = TcpStream::connect(self.server).unwrap();
        let mark = mark.local_addr().unwrap();
        loop {
            let flows = flows(&fs::read(self.folder.path().join("pcap")).unwrap(), self.server);
            if let Some(end) = flows.iter().skip(self.taken).position(|flow| flow.client == mark) {
                let fresh = flows[self.taken..self.taken + end].to_vec();
                self.taken += end + 1;
                return fresh;
            }
            thread::yield_now();
        }
    }

    /// Ends the capture.
    ///
    /// # Panics
    /// Panics if something that passed was missed.
    pub fn end(mut self) {
        Command::new("kill").args(["-INT", &self.tcpdump.id().to_string()]).status().unwrap();
        self.tcpdump.wait().unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        assert!(said.lines().any(|line| line.starts_with("0 packets dropped")), "{said}");
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.tcpdump.kill().ok();
        self.tcpdump.wait().ok();
    }
}

/// One segment: who sent it, where it begins among the sender's bytes, how many there are.
struct Segment {
    from: SocketAddr,
    to: SocketAddr,
    sequence: u32,
    length: u32,
    opens: bool,
}

/// What is known of a connection while the capture is read.
struct Open {
    flow: Flow,
    /// What comes next from the client and from the server.
    next: [Option<u32>; 2],
    upward: bool,
}

/// Reads connections out of a capture file; a packet that is not written to its end yet is left out.
fn flows(capture: &[u8], server: SocketAddr) -> Vec<Flow> {
    let mut open: Vec<Open> = Vec::new();
    let mut places: BTreeMap<SocketAddr, usize> = BTreeMap::new();
    let mut rest = capture.get(24..).unwrap_or_default();
    while let Some((head, after)) = rest.split_at_checked(16) {
        let kept = usize::try_from(u32::from_le_bytes(head[8..12].try_into().unwrap())).unwrap();
        let Some((packet, next)) = after.split_at_checked(kept) else { break };
        rest = next;
        let Some(segment) = segment(packet) else { continue };
        let upward = segment.to == server;
        let client = if upward { segment.from } else { segment.to };
        // The same port may come again; what opens a connection may be sent twice.
        let again = places.get(&client).is_some_and(|place| open[*place].next[0] == Some(segment.after()));
        if segment.opens && upward && !again {
            places.insert(client, open.len());
            open.push(Open { flow: Flow { client, turns: vec![0] }, next: [None, None], upward: true });
        }
        if let Some(place) = places.get(&client) {
            open[*place].take(&segment, upward);
        }
    }
    open.into_iter().map(|open| open.flow).collect()
}

impl Segment {
    /// Returns where the next segment of the same sender begins.
    fn after(&self) -> u32 {
        self.sequence.wrapping_add(self.length).wrapping_add(u32::from(self.opens))
    }
}

impl Open {
    /// Counts what is new in a segment: what is sent again counts once.
    fn take(&mut self, segment: &Segment, upward: bool) {
        let next = &mut self.next[usize::from(!upward)];
        let Some(expected) = next.filter(|_| !segment.opens) else {
            *next = segment.opens.then(|| segment.after());
            return;
        };
        let fresh = segment.after().wrapping_sub(expected);
        // Behind the last byte, what ends a connection has a number as well.
        if segment.length == 0 || fresh == 0 || fresh > u32::MAX / 2 {
            return;
        }
        *next = Some(segment.after());
        if upward != self.upward {
            self.flow.turns.push(0);
            self.upward = upward;
        }
        *self.flow.turns.last_mut().unwrap() += u64::from(fresh);
    }
}

/// Reads a packet of the kind "Linux cooked v2": 20 bytes, then IPv4, then TCP.
fn segment(packet: &[u8]) -> Option<Segment> {
    let ip = packet.get(20..)?;
    let word = |bytes: &[u8], at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let header = usize::from(ip.first()? & 15) * 4;
    let total = usize::from(word(ip, 2)?);
    let tcp = ip.get(header..)?;
    let address = |at: usize, port: u16| {
        let octets: [u8; 4] = ip.get(at..at + 4)?.try_into().ok()?;
        Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), port))
    };
    let data = usize::from(tcp.get(12)? >> 4) * 4;
    Some(Segment {
        from: address(12, word(tcp, 0)?)?,
        to: address(16, word(tcp, 2)?)?,
        sequence: u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?),
        length: u32::try_from(total.checked_sub(header + data)?).ok()?,
        opens: tcp.get(13)? & 2 != 0,
    })
}
