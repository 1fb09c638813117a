//! Filters over URLs.

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] =
    &[("urlsplit", urlsplit), ("urlencode", urlencode), ("urldecode", urldecode)];

/// The parts of a URL as Python's `urlsplit` has them.
struct Parts<'a> {
    scheme: String,
    netloc: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

fn parts(url: &str) -> Parts<'_> {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, after)) if is_scheme(scheme) => (scheme.to_lowercase(), after),
        _ => (String::new(), rest),
    };
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(after) => after.split_at(after.find('/').unwrap_or(after.len())),
        None => ("", rest),
    };
    Parts { scheme, netloc, path, query, fragment }
}

fn urlsplit(call: &mut Call) -> Outcome {
    let url = call.text()?;
    let parts = parts(&url);
    let (user, host) =
        parts.netloc.rsplit_once('@').map_or((None, parts.netloc), |(u, h)| (Some(u), h));
    let (name, password) = match user.map(|user| user.split_once(':')) {
        Some(Some((name, password))) => (Some(name), Some(password)),
        _ => (user, None),
    };
    let (hostname, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, after)) => (inner, after.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    let port = match port.filter(|port| !port.is_empty()) {
        Some(port) => Value::Int(
            port.parse::<u16>().map_err(|_| Fault::Text("the port is not a number".into()))?.into(),
        ),
        None => Value::Null,
    };
    let hostname = (!hostname.is_empty()).then(|| hostname.to_lowercase());
    let all = Value::from([
        ("fragment", Value::from(parts.fragment)),
        ("hostname", hostname.into()),
        ("netloc", parts.netloc.into()),
        ("password", password.into()),
        ("path", parts.path.into()),
        ("port", port),
        ("query", parts.query.into()),
        ("scheme", parts.scheme.into()),
        ("username", name.into()),
    ]);
    match call.arg(1, "query").map(python::text) {
        Some(name) => {
            all.get(&name).cloned().ok_or_else(|| format!("unknown URL component: {name}").into())
        }
        None => Ok(all),
    }
}

fn encoded(text: &str, also: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-_.~".contains(c) || also.contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn urlencode(call: &mut Call) -> Outcome {
    let pair = |key: &str, value: &Value| {
        let (key, value) = (encoded(key, " "), encoded(&python::text(value), " "));
        format!("{key}={value}").replace(' ', "+")
    };
    Ok(match call.subject()? {
        Value::Map(map) => map.iter().map(|(k, v)| pair(k, v)).collect::<Vec<_>>().join("&").into(),
        Value::List(items) => {
            let pairs = items.iter().map(|item| match item.as_list() {
                Some([key, value]) => Ok(pair(&python::text(key), value)),
                _ => Err(Fault::Text("it needs pairs".into())),
            });
            pairs.collect::<Result<Vec<_>, _>>()?.join("&").into()
        }
        other => encoded(&python::text(other), "/").into(),
    })
}

fn urldecode(call: &mut Call) -> Outcome {
    let text = call.text()?.replace('+', " ");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let decoded = pair.filter(|_| *byte == b'%').and_then(|p| u8::from_str_radix(p, 16).ok());
        bytes.push(decoded.unwrap_or(*byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

fn schemes(call: &Call) -> Option<Vec<String>> {
    let schemes = call.arg(1, "schemes")?;
    Some(crate::template::call::items(schemes).ok()?.iter().map(python::text).collect())
}

pub(in crate::template) fn is_uri(call: &mut Call) -> Result<bool, Fault> {
    let url = call.text()?;
    let parts = parts(&url);
    let allowed = schemes(call).is_none_or(|schemes| schemes.contains(&parts.scheme));
    Ok(!parts.scheme.is_empty() && allowed)
}

pub(in crate::template) fn is_url(call: &mut Call) -> Result<bool, Fault> {
    let url = call.text()?;
    Ok(is_uri(call)? && !parts(&url).netloc.is_empty())
}

pub(in crate::template) fn is_urn(call: &mut Call) -> Result<bool, Fault> {
    Ok(call.text()?.to_lowercase().starts_with("urn:"))
}
