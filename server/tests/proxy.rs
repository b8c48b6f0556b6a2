//! The sample of a proxy before the real program: it parses, passes everything on, and writes nothing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[path = "support/process.rs"]
mod process;
#[path = "support/secured.rs"]
mod secured;
mod support;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use process::{Courier, Http, Open, Upload};
use rustix::process::{Pid, Signal, kill_process};
use rustls::version::{TLS12, TLS13};
use secured::{Authority, shake};
use tempfile::TempDir;

const SAMPLE: &str = include_str!("../../deploy/proxy/nginx.conf");
/// Stands in the path, the header lines and the query of a request.
const MARKER: &str = "tertanam-1f7a";

/// nginx under the sample, with its paths and addresses exchanged.
struct Proxy {
    child: Child,
    folder: TempDir,
    authority: Authority,
}

impl Proxy {
    /// Starts it in front of a server; `None`, said aloud, when nginx is not installed.
    fn start(test: &str, server: SocketAddr, sample: &str) -> Option<Self> {
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| Path::new(path).exists());
        let Some(program) = program else {
            eprintln!("SKIPPED {test}: nginx is not installed");
            return None;
        };
        let (folder, authority) = (TempDir::new().unwrap(), Authority::new());
        authority.issue(&folder.path().join("fullchain.pem"), &folder.path().join("privkey.pem"));
        let config = adapt(sample, folder.path(), server);
        let command = |more: &str| {
            let mut command = Command::new(program);
            command.arg("-e").arg(folder.path().join("error.log"));
            command.arg("-p").arg(folder.path()).arg("-c").arg(&config).args(["-g", more]);
            command
        };
        let checked = command("daemon off;").arg("-t").output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success() && !said.contains("[warn]"), "{said}");
        let child = command("daemon off;").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let proxy = Self { child, folder, authority };
        while UnixStream::connect(proxy.socket()).is_err() {
            std::thread::yield_now();
        }
        Some(proxy)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn connect(&self, versions: &[&'static rustls::SupportedProtocolVersion]) -> Http {
        let stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Http::over(shake(stream, &self.authority.client(&["http/1.1"], versions)).unwrap())
    }

    /// Ends it and returns the files in which it has written the marker.
    fn traces(mut self) -> Vec<PathBuf> {
        kill_process(Pid::from_child(&self.child), Signal::QUIT).unwrap();
        self.child.wait().unwrap();
        let mut traces = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(MARKER))
                {
                    traces.push(path);
                }
            }
        }
        traces
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Writes the sample with the paths and addresses of a test.
fn adapt(sample: &str, folder: &Path, server: SocketAddr) -> PathBuf {
    let mut text = sample.to_owned();
    let here = folder.display().to_string();
    for (from, to) in [
        ("user www-data;", "user root;".to_owned()),
        ("listen 443 ssl;", format!("listen unix:{here}/socket ssl;")),
        ("listen [::]:443 ssl;", String::new()),
        ("http://127.0.0.1:8080", format!("http://{server}")),
        ("/etc/bisik/tls", here.clone()),
        ("/run/", format!("{here}/")),
        ("/var/log/nginx", here.clone()),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, &to);
    }
    let config = folder.join("nginx.conf");
    fs::write(&config, text).unwrap();
    config
}

/// Asks for things that are there, are not there and cannot be read, with the marker in them.
fn visit(proxy: &Proxy) {
    let headers = format!("user-agent: {MARKER}\r\nreferer: {MARKER}\r\ncookie: {MARKER}\r\n");
    let mut http = proxy.connect(&[&TLS13]);
    assert_eq!(http.request("GET", &format!("/contoh/card?{MARKER}"), &headers, b"").status, 200);
    assert_eq!(http.request("GET", &format!("/{MARKER}"), &headers, b"").status, 404);
    let mut broken = proxy.connect(&[&TLS12]);
    broken.write(format!("GET /{MARKER} HTTP/1.1\r\n{MARKER}\0\r\n\r\n").as_bytes());
    assert_eq!(broken.read().unwrap().status, 400);
}

#[test]
fn everything_goes_through_the_sample_proxy_and_it_writes_nothing() {
    let mut open = Open::start("");
    let name = "everything_goes_through_the_sample_proxy_and_it_writes_nothing";
    let Some(proxy) = Proxy::start(name, open.server.public, SAMPLE) else { return };
    let mut http = proxy.connect(&[&TLS12, &TLS13]);
    let plain = Http::connect(open.server.public).request("GET", "/contoh/", "", b"");
    let page = http.request("GET", "/contoh/", "accept-encoding: gzip\r\n", b"");
    assert!(
        page.status == 200 && page.value("content-security-policy") == plain.value("content-security-policy")
    );
    assert_eq!(page.value("strict-transport-security").as_deref(), Some("max-age=31536000"));
    assert_eq!(http.post(&open.world.text()), Some(201));
    assert_eq!(http.post(&open.world.sealed(2, 2 << 20)), Some(201));
    let sealed = open.world.sealed(2, 2 << 20);
    let upload = Upload::begin(open.server.public, &sealed).unwrap();
    for from in (0..sealed.len()).step_by(1 << 20) {
        let to = sealed.len().min(from + (1 << 20));
        assert_eq!(upload.piece(&mut http, from, to), Some(204));
    }
    assert_eq!(Courier::connect(&open.server, &open.world).list().len(), 3);
    visit(&proxy);
    // A server that is down is no reason to write either.
    open.server.kill();
    assert_eq!(proxy.connect(&[&TLS13]).request("GET", &format!("/{MARKER}"), "", b"").status, 502);
    assert_eq!(proxy.traces(), Vec::<PathBuf>::new());
}

#[test]
fn the_search_finds_what_other_settings_would_write() {
    let name = "the_search_finds_what_other_settings_would_write";
    for (from, to) in [("access_log off;", "access_log access.log;"), ("error.log emerg;", "error.log info;")]
    {
        let open = Open::start("");
        assert!(SAMPLE.contains(from));
        let Some(proxy) = Proxy::start(name, open.server.public, &SAMPLE.replace(from, to)) else { return };
        visit(&proxy);
        assert_eq!(proxy.traces().len(), 1, "{to}");
    }
}
