//! The nouns of a server, as the command line knows them. What can be done to each is one table.

/// A noun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noun {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it is, for the help.
    pub(crate) about: &'static str,
    /// Where it lies in the API.
    pub(crate) path: &'static str,
    /// The fields that a table shows.
    pub(crate) columns: &'static [&'static str],
}

/// All of them.
pub(crate) const NOUNS: &[Noun] = &[
    Noun {
        name: "host",
        about: "Hosts of the register",
        path: "/hosts",
        columns: &["name", "address", "port", "partition", "groups", "labels", "state"],
    },
    Noun {
        name: "group",
        about: "Groups of hosts",
        path: "/groups",
        columns: &["name", "description", "host_count", "children"],
    },
    Noun {
        name: "partition",
        about: "Partitions: hosts isolated from others",
        path: "/partitions",
        columns: &["name", "description", "zone", "hosts"],
    },
    Noun {
        name: "credential",
        about: "Credentials that log in; their secrets are never shown",
        path: "/credentials",
        columns: &["name", "kind", "user", "holds", "fingerprint", "description"],
    },
    Noun {
        name: "job",
        about: "Jobs: what is saved to be run",
        path: "/jobs",
        columns: &["name", "selector", "concurrency", "turns", "description"],
    },
    Noun {
        name: "manifest",
        about: "Manifests that are kept in the server",
        path: "/manifests",
        columns: &["name", "revision", "description", "modified"],
    },
    Noun {
        name: "repository",
        about: "Repositories from which manifests are taken",
        path: "/repositories",
        columns: &["name", "url", "revision", "folder", "credential", "description"],
    },
    Noun {
        name: "user",
        about: "People who may sign in",
        path: "/users",
        columns: &["name", "full_name", "enabled", "teams", "seen_ms"],
    },
    Noun {
        name: "team",
        about: "Teams of users",
        path: "/teams",
        columns: &["name", "description", "members"],
    },
    Noun {
        name: "role",
        about: "Roles: what somebody may do",
        path: "/roles",
        columns: &["name", "verbs", "builtin", "description"],
    },
    Noun {
        name: "view",
        about: "Views: lists of the page that are kept with their filter, columns and order",
        path: "/views",
        columns: &["name", "list", "query", "shared", "id"],
    },
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn document() -> Value {
        serde_json::from_str(&crate::api::document().to_json().unwrap()).unwrap()
    }

    /// What a schema has, through references and parts of it.
    fn has(document: &Value, schema: &Value, field: &str) -> bool {
        if let Some(place) = schema["$ref"].as_str() {
            return has(document, &document.pointer(&place[1..]).unwrap().clone(), field);
        }
        let parts = schema["allOf"].as_array().into_iter().flatten();
        schema["properties"][field].is_object()
            || parts.into_iter().any(|part| has(document, part, field))
    }

    #[test]
    fn every_column_is_a_field() {
        let document = document();
        for noun in NOUNS {
            let path = format!("{}{}", crate::api::ROOT, noun.path);
            let made = &document["paths"][path]["post"]["responses"]["201"]["content"];
            let schema = &made["application/json"]["schema"];
            for column in noun.columns {
                assert!(has(&document, schema, column), "{}: {column} in {schema}", noun.name);
            }
        }
    }

    #[test]
    fn every_noun_is_one_of_the_api() {
        let document = document();
        for noun in NOUNS {
            let all = &document["paths"][format!("{}{}", crate::api::ROOT, noun.path)];
            let one = &document["paths"][format!("{}{}/{{name}}", crate::api::ROOT, noun.path)];
            for method in ["get", "post"] {
                assert!(all[method].is_object(), "{}: {method} of all", noun.name);
            }
            for method in ["get", "patch", "delete"] {
                assert!(one[method].is_object(), "{}: {method} of one", noun.name);
            }
        }
    }
}
