//! What describes the API, completed with what holds for every call: the parts of its path, how it is let in, and
//! the form of a refusal.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayItems, Components, Object, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::caller::SESSION_COOKIE;
use super::problem::Problem;

/// What refuses a call, in the components of the document.
const REFUSAL: &str = "Refusal";
/// The two ways to be let in.
const TOKEN: &str = "token";
const SESSION: &str = "session";

/// Completes a document.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_path_parameters(path, operation);
            let refusal = RefOr::Ref(Ref::from_response_name(REFUSAL));
            operation.responses.responses.insert("default".to_owned(), refusal);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.responses.insert(REFUSAL.to_owned(), refusal().into());
    add_security(components);
    unite(components);
    let ways = [TOKEN, SESSION].map(|way| SecurityRequirement::new(way, [""; 0]));
    document.security = Some(ways.into());
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
    all.into_iter().flatten()
}

fn refusal() -> Response {
    let problem = RefOr::Ref(Ref::from_schema_name(Problem::name()));
    ResponseBuilder::new()
        .description(
            "The call is refused, or has failed: what is wrong, and what to do (RFC 9457).",
        )
        .content("application/problem+json", ContentBuilder::new().schema(Some(problem)).build())
        .build()
}

fn add_security(components: &mut Components) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(cookie));
}

/// `{name}` in a path is a text, wherever nothing more is said of it.
fn add_path_parameters(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in names(path) {
        let is_it =
            |known: &RefOr<Parameter>| matches!(known, RefOr::T(known) if known.name == name);
        if !parameters.iter().any(is_it) {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(text))
                .build();
            parameters.push(parameter.into());
        }
    }
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// What a noun says and what was said of it are one object in the answers, but two types; together they may hold
/// what each alone refuses.
fn unite(components: &mut Components) {
    let known = components.schemas.clone();
    components.schemas.values_mut().for_each(|schema| unite_in(schema, &known));
}

fn unite_in(schema: &mut RefOr<Schema>, known: &BTreeMap<String, RefOr<Schema>>) {
    let RefOr::T(inner) = schema else { return };
    match inner {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(|property| unite_in(property, known));
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                unite_in(items, known);
            }
        }
        Schema::AllOf(parts) => {
            let parts: Option<Vec<_>> =
                parts.items.iter().map(|part| object(part, known)).collect();
            if let Some(parts) = parts {
                *inner = Schema::Object(united(&parts));
            }
        }
        Schema::OneOf(kinds) => kinds.items.iter_mut().for_each(|kind| unite_in(kind, known)),
        Schema::AnyOf(kinds) => kinds.items.iter_mut().for_each(|kind| unite_in(kind, known)),
        _ => {}
    }
}

fn united(parts: &[&Object]) -> Object {
    let mut all = ObjectBuilder::new().schema_type(Type::Object).build();
    for part in parts {
        all.properties.extend(part.properties.clone());
        all.required.extend(part.required.iter().cloned());
        all.description = part.description.clone().or(all.description);
    }
    all
}

fn object<'a>(
    part: &'a RefOr<Schema>,
    known: &'a BTreeMap<String, RefOr<Schema>>,
) -> Option<&'a Object> {
    match part {
        RefOr::T(Schema::Object(object)) => Some(object),
        RefOr::T(_) => None,
        RefOr::Ref(there) => {
            object(known.get(there.ref_location.strip_prefix("#/components/schemas/")?)?, known)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    /// Each place that names another: its text after `#/`.
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn all_that_the_document_names_is_in_it() {
        let document = serde_json::to_value(super::super::document()).unwrap();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} is not there");
        }
    }

    #[test]
    fn every_call_has_an_id_of_its_own_and_says_what_its_path_takes() {
        let document = serde_json::to_value(super::super::document()).unwrap();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, call) in item.as_object().unwrap() {
                let id = call["operationId"].as_str().unwrap_or_default();
                assert!(id.contains('_') && ids.insert(id), "{method} {path}: {id}");
                let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
                for name in super::names(path) {
                    let said = parameters.iter().any(|p| p["name"] == name && p["in"] == "path");
                    assert!(said, "{method} {path}: {name}");
                }
            }
        }
    }
}
