//! The checks that an agent has to add by hand to a general parser, so that it accepts what is to be accepted and
//! little else.

/// What the fields have said so far.
#[derive(Default)]
pub(crate) struct Checks {
    host: bool,
    router_id: Option<[u8; 16]>,
    state: Option<u8>,
    content_length: bool,
}

/// What a whole message says.
pub(crate) type Said = ([u8; 16], u8);

impl Checks {
    /// Takes the next field: nothing where it has to be refused.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        if name.contains(&b'_') || !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            return None;
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("host") {
            (!std::mem::replace(&mut self.host, true) && is_host(value)).then_some(())
        } else if is("x-neutron-router-id") {
            self.router_id.is_none().then_some(())?;
            self.router_id = Some(router_id(value)?);
            Some(())
        } else if is("x-neutron-state") {
            self.state.is_none().then_some(())?;
            self.state = Some(state(value)?);
            Some(())
        } else if is("connection") {
            value
                .split(|&byte| byte == b',')
                .map(<[u8]>::trim_ascii)
                .all(|option| option.eq_ignore_ascii_case(b"close") || option.eq_ignore_ascii_case(b"keep-alive"))
                .then_some(())
        } else if is("content-length") {
            (!std::mem::replace(&mut self.content_length, true) && value == b"0").then_some(())
        } else {
            let refused = ["transfer-encoding", "expect", "te", "trailer", "upgrade"];
            (!refused.into_iter().any(is)).then_some(())
        }
    }

    /// What was said, if that is all of it.
    pub(crate) fn finish(self) -> Option<Said> {
        Some((self.host.then_some(self.router_id?)?, self.state?))
    }
}

fn is_host(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%:[]".contains(byte))
}

fn state(value: &[u8]) -> Option<u8> {
    match value {
        b"primary" => Some(0),
        b"backup" => Some(1),
        b"fault" => Some(2),
        _ => None,
    }
}

fn router_id(value: &[u8]) -> Option<[u8; 16]> {
    let value: &[u8; 36] = value.try_into().ok()?;
    let mut digits = [0; 32];
    let mut to = digits.iter_mut();
    for (at, &byte) in value.iter().enumerate() {
        match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => *to.next()? = byte - b'0',
            (_, b'a'..=b'f') => *to.next()? = byte - b'a' + 10,
            _ => return None,
        }
    }
    let mut id = [0; 16];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    (id != [0; 16]).then_some(id)
}
