//! A SOCKS5 client of its own: the name of the host is handed to the proxy.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Connects to a host through a proxy.
///
/// # Errors
/// When the proxy refuses, or says nothing for as long as this.
pub fn connect(proxy: SocketAddr, host: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(&[5, 1, 0])?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen)?;
    let length = u8::try_from(host.len()).map_err(io::Error::other)?;
    let asked = [&[5, 1, 0, 3, length], host.as_bytes(), &port.to_be_bytes()].concat();
    stream.write_all(&asked)?;
    let mut answer = [0; 10];
    stream.read_exact(&mut answer)?;
    match (chosen, answer[1]) {
        ([5, 0], 0) => Ok(stream),
        (_, code) => Err(io::Error::other(format!("SOCKS says {code}"))),
    }
}
