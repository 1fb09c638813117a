//! Filters over numbers and truth values.

use super::Plain;
use crate::template::call::{Call, Fault, Outcome};
use crate::template::python;
use crate::value::Value;

pub(super) const FILTERS: &[(&str, Plain)] = &[
    ("bool", |call| Ok(Value::Bool(to_bool(call.subject()?).unwrap_or(false)))),
    ("int", int),
    ("float", float),
    ("abs", abs),
    ("round", round),
    ("log", log),
    ("pow", |call| Ok(Value::Float(number(call)?.powf(argument(call, "y")?)))),
    ("root", root),
    ("human_readable", human_readable),
    ("human_to_bytes", human_to_bytes),
    ("filesizeformat", filesizeformat),
];

/// What the words mean that Ansible takes as true or false.
pub(in crate::template) fn to_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Float(number) => return Some((number - 1.0).abs() < f64::EPSILON),
        Value::List(_) | Value::Map(_) | Value::Null | Value::Unknown(_) => return None,
        _ => {}
    }
    match python::text(value).to_lowercase().as_str() {
        "yes" | "on" | "true" | "1" => Some(true),
        "no" | "off" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn int(call: &mut Call) -> Outcome {
    let base = u32::try_from(call.int_or(2, "base", 10)?).unwrap_or(10).clamp(2, 36);
    let default = call.arg(1, "default").cloned().unwrap_or(Value::Int(0));
    Ok(match call.subject()? {
        Value::Str(text) => parse(text, base).map_or(default, Value::Int),
        Value::Float(number) if !number.is_finite() => default,
        other => python::number(other).map_or(default, |number| match other {
            Value::Int(value) => Value::Int(*value),
            _ => Value::Int(truncated(number)),
        }),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "int() cuts; what is beyond is the nearest end"
)]
fn truncated(number: f64) -> i64 {
    number as i64
}

/// Python's `int(text, base)`, or a float cut off, as Jinja falls back to.
fn parse(text: &str, base: u32) -> Option<i64> {
    let text = text.trim().replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefixes: &[&str] = match base {
        2 => &["0b", "0B"],
        8 => &["0o", "0O"],
        16 => &["0x", "0X"],
        _ => &[],
    };
    let digits = prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix)).unwrap_or(digits);
    let whole = i64::from_str_radix(&format!("{sign}{digits}"), base).ok();
    let float = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(truncated);
    whole.or_else(float)
}

fn float(call: &mut Call) -> Outcome {
    let default = call.arg(1, "default").and_then(python::number).unwrap_or(0.0);
    Ok(Value::Float(match call.subject()? {
        Value::Str(text) => text.trim().parse().unwrap_or(default),
        other => python::number(other).unwrap_or(default),
    }))
}

fn abs(call: &mut Call) -> Outcome {
    Ok(match call.subject()? {
        Value::Int(number) => Value::Int(number.saturating_abs()),
        _ => Value::Float(number(call)?.abs()),
    })
}

fn number(call: &Call) -> Result<f64, Fault> {
    let subject = call.subject()?;
    let wrong = || format!("it can only be used on numbers, not on a {}", python::kind(subject));
    python::number(subject).ok_or_else(|| wrong().into())
}

fn argument(call: &Call, name: &str) -> Result<f64, Fault> {
    let wrong = || Fault::Text(format!("`{name}` must be a number"));
    python::number(call.need(1, name)?).ok_or_else(wrong)
}

fn round(call: &mut Call) -> Outcome {
    let value = number(call)?;
    let digits = i32::try_from(call.int_or(1, "precision", 0)?.clamp(-300, 300)).unwrap_or(0);
    let method = call.str_or(2, "method", "common");
    let scale = 10_f64.powi(digits);
    Ok(Value::Float(match method.as_str() {
        "common" if digits >= 0 => {
            // As Python: by the decimal digits of the exact number, ties to even.
            let digits = usize::try_from(digits).unwrap_or(0);
            format!("{value:.digits$}").parse().unwrap_or(value)
        }
        "common" => (value * scale).round_ties_even() / scale,
        "ceil" => (value * scale).ceil() / scale,
        "floor" => (value * scale).floor() / scale,
        _ => return Err("method must be common, ceil or floor".into()),
    }))
}

fn log(call: &mut Call) -> Outcome {
    let value = number(call)?;
    if value <= 0.0 {
        return Err("math domain error".into());
    }
    let base = match call.arg(1, "base") {
        Some(_) => argument(call, "base")?,
        None => return Ok(Value::Float(value.ln())),
    };
    let ten = (base - 10.0).abs() < f64::EPSILON;
    Ok(Value::Float(if ten { value.log10() } else { value.ln() / base.ln() }))
}

fn root(call: &mut Call) -> Outcome {
    let value = number(call)?;
    let base = call.arg(1, "base").map_or(Ok(2.0), |_| argument(call, "base"))?;
    if value < 0.0 {
        return Err("it can only be used on positive numbers".into());
    }
    let square = (base - 2.0).abs() < f64::EPSILON;
    Ok(Value::Float(if square { value.sqrt() } else { value.powf(1.0 / base) }))
}

/// Units and their sizes, largest first.
const UNITS: &[(char, f64)] = &[
    ('Y', 1_208_925_819_614_629_174_706_176.0),
    ('Z', 1_180_591_620_717_411_303_424.0),
    ('E', 1_152_921_504_606_846_976.0),
    ('P', 1_125_899_906_842_624.0),
    ('T', 1_099_511_627_776.0),
    ('G', 1_073_741_824.0),
    ('M', 1_048_576.0),
    ('K', 1024.0),
    ('B', 1.0),
];

fn human_readable(call: &mut Call) -> Outcome {
    let size = match call.subject()? {
        Value::Str(text) => {
            text.trim().parse().map_err(|_| Fault::Text("it can't interpret the input".into()))?
        }
        _ => number(call)?,
    };
    let base = if call.flag(1, "isbits") { "bits" } else { "Bytes" };
    let unit = call.arg(2, "unit").map(|unit| python::text(unit).to_uppercase());
    let fits = |(letter, limit): &&(char, f64)| match &unit {
        Some(unit) => unit.starts_with(*letter),
        None => size >= *limit,
    };
    let (letter, limit) = UNITS.iter().find(fits).copied().unwrap_or(('B', 1.0));
    let suffix = match letter {
        'B' => base.to_owned(),
        letter => format!("{letter}{}", &base[..1]),
    };
    Ok(format!("{:.2} {suffix}", size / limit).into())
}

fn human_to_bytes(call: &mut Call) -> Outcome {
    let text = call.text()?;
    let default = call.arg(1, "default_unit").map(python::text);
    let bits = call.flag(2, "isbits");
    let wrong = || Fault::Text(format!("it can't interpret '{text}'"));
    let trimmed = text.trim_end();
    let end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at(end);
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let unit = unit.trim_start();
    let unit = if unit.is_empty() { default.unwrap_or_default() } else { unit.to_owned() };
    let Some(first) = unit.chars().next() else { return Ok(whole(number)) };
    let letter = first.to_ascii_uppercase();
    let size = UNITS.iter().find(|(name, _)| *name == letter).ok_or_else(wrong)?.1;
    let class = if bits { "b" } else { "B" };
    let name = if bits { "bit" } else { "byte" };
    let words = ["kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta"];
    let long = words.iter().find(|word| word.starts_with(first.to_ascii_lowercase()));
    let fits = unit.len() == 1
        || unit == format!("{letter}{class}")
        || unit.to_lowercase() == format!("{}{name}", long.copied().unwrap_or_default())
        || (letter == 'B' && unit.to_lowercase() == name);
    if fits { Ok(whole(number * size)) } else { Err(wrong()) }
}

fn whole(number: f64) -> Value {
    Value::Int(truncated(number.round_ties_even()))
}

fn filesizeformat(call: &mut Call) -> Outcome {
    let size = number(call)?;
    let binary = call.flag(1, "binary");
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if size < base {
        let plural = if truncated(size) == 1 { "Byte" } else { "Bytes" };
        return Ok(format!("{} {plural}", truncated(size)).into());
    }
    let letters = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
    let mut unit = base;
    let mut last = String::new();
    for letter in letters {
        unit *= base;
        let letter = if binary { letter.to_ascii_uppercase() } else { letter };
        last = format!("{:.1} {letter}{}B", base * size / unit, if binary { "i" } else { "" });
        if size < unit {
            break;
        }
    }
    Ok(last.into())
}

/// `a % b` for numbers, with the sign of the divisor.
pub(super) fn remainder(a: &Value, b: &Value) -> Result<Value, String> {
    let zero = || "integer modulo by zero".to_owned();
    match (a, b) {
        (Value::Int(_), Value::Int(0)) => Err(zero()),
        (Value::Int(a), Value::Int(b)) => {
            let rest = a.wrapping_rem(*b);
            Ok(Value::Int(if rest != 0 && (rest < 0) != (*b < 0) { rest + b } else { rest }))
        }
        _ => match (python::number(a), python::number(b)) {
            (_, Some(0.0)) => Err(zero()),
            (Some(a), Some(b)) => {
                let rest = a % b;
                Ok(Value::Float(if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
                    rest + b
                } else {
                    rest
                }))
            }
            _ => Err(format!(
                "unsupported operand types for %: '{}' and '{}'",
                python::kind(a),
                python::kind(b)
            )),
        },
    }
}
