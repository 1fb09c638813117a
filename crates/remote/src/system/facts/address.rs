//! The addresses of all interfaces, by one question to the kernel.

use std::net::IpAddr;

use hep_core::facts::Address;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// All addresses of all interfaces, asked of the kernel by netlink. Source: rtnetlink(7).
pub(super) fn addresses() -> Vec<Address> {
    ask_kernel().unwrap_or_default()
}

fn ask_kernel() -> Result<Vec<Address>, rustix::io::Errno> {
    const GETADDR: u16 = 22;
    const REQUEST_DUMP: u16 = 0x301;
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut request = Vec::with_capacity(24);
    request.extend_from_slice(&24_u32.to_ne_bytes());
    request.extend_from_slice(&GETADDR.to_ne_bytes());
    request.extend_from_slice(&REQUEST_DUMP.to_ne_bytes());
    request.extend_from_slice(&[0; 16]);
    rustix::net::send(&socket, &request, SendFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let (size, _) = rustix::net::recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        if size == 0 || read_messages(&buffer[..size], &mut found) {
            return Ok(found);
        }
    }
}

/// Reads the messages of one datagram; true after the last.
fn read_messages(mut bytes: &[u8], found: &mut Vec<Address>) -> bool {
    const NEWADDR: u16 = 20;
    const ERROR: u16 = 2;
    const DONE: u16 = 3;
    while let Some((length, kind)) = u32_at(bytes, 0).zip(u16_at(bytes, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if kind == DONE || kind == ERROR || length < 16 {
            return true;
        }
        let Some(message) = bytes.get(..length) else { return true };
        if kind == NEWADDR {
            found.extend(read_address(&message[16..]));
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    false
}

fn read_address(body: &[u8]) -> Option<Address> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const BROADCAST: u16 = 4;
    let (prefix, scope, index) = (*body.get(1)?, *body.get(3)?, u32_at(body, 4)?);
    let (mut address, mut local, mut broadcast) = (None, None, None);
    let mut rest = body.get(8..)?;
    while let Some((length, kind)) = u16_at(rest, 0).zip(u16_at(rest, 2)) {
        let length = usize::from(length);
        let Some(payload) = rest.get(4..length) else { break };
        match kind {
            ADDRESS => address = ip(payload),
            LOCAL => local = ip(payload),
            BROADCAST => broadcast = ip(payload),
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    // On a point-to-point link `ADDRESS` is the other side.
    Some(Address { index, ip: local.or(address)?, prefix, scope, broadcast })
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn kernel_messages_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut found = vec![];
            read_messages(&bytes, &mut found);
            let _ = read_address(&bytes);
        }
    }
}
