//! The calls that nouns kept by name have in common, written once.

/// Writes handlers over the op functions of a noun. A line says what a call does, which one it is, its path and its
/// id in the document; the calls that are unlike others' are written out beside it.
///
/// - `list`: a page by name.
/// - `create` from a body: 201 with the address, and `Idempotency-Key` honoured.
/// - `show`, `replace` from a body, `patch` (from a JSON Merge Patch, or from a body of its own), `delete`:
///   with the version as `ETag`, and `If-Match` honoured.
macro_rules! handlers {
    (
        $op:ident: $Noun:ident named $name:tt;
        $( $(#[$($doc:tt)*])* $call:ident $path:tt $id:tt $(from $Said:ident)?; )*
    ) => {
        use $crate::api::handlers::parts::*;

        $( handlers!(@$call [$op $Noun $name] [$(#[$($doc)*])*] $path $id $($Said)?); )*
    };
    (@list [$op:ident $Noun:ident $name:tt] [$($doc:tt)*] $path:tt $id:tt) => {
        /// Which page.
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        struct Which {
            /// How many at most: 1 to 1000, usually 100.
            limit: Option<u32>,
            /// The `next` of the page before.
            cursor: Option<String>,
        }

        $($doc)*
        #[utoipa::path(get, path = $path, operation_id = $id, params(Which),
            responses((status = 200, body = Page<$Noun>)))]
        async fn list(
            State(engine): State<Engine>,
            Caller(actor): Caller,
            Query(which): Query<Which>,
        ) -> Result<Answer<Page<$Noun>>, Problem> {
            let paging = Paging { limit: which.limit, cursor: which.cursor };
            Ok(Answer::ok($op::list(&engine, &actor, &paging).await?))
        }
    };
    (@create [$op:ident $Noun:ident ($($name:ident).+)] [$($doc:tt)*] $path:tt $id:tt $Said:ident) => {
        $($doc)*
        #[utoipa::path(post, path = $path, operation_id = $id, request_body = $Said,
            params(OnceKey),
            responses((status = 201, body = $Noun), MadeBefore))]
        async fn create(
            State(engine): State<Engine>,
            Creation { actor, said }: Creation<$Said>,
        ) -> Result<Answer<$Noun>, Problem> {
            let made = $op::create(&engine, &actor, said).await?;
            let address = address_of(stringify!($op), &made.$($name).+);
            let version = made.version;
            Ok(Answer::created(address, made).tagged(version))
        }
    };
    (@show [$op:ident $Noun:ident $name:tt] [$($doc:tt)*] $path:tt $id:tt) => {
        $($doc)*
        #[utoipa::path(get, path = $path, operation_id = $id,
            responses((status = 200, body = $Noun)))]
        async fn show(
            State(engine): State<Engine>,
            Caller(actor): Caller,
            Path(name): Path<String>,
        ) -> Result<Answer<$Noun>, Problem> {
            Ok(tagged($op::show(&engine, &actor, &name).await?))
        }

        /// With its version as `ETag`.
        fn tagged(noun: $Noun) -> Answer<$Noun> {
            let version = noun.version;
            Answer::ok(noun).tagged(version)
        }
    };
    (@replace [$op:ident $Noun:ident $name:tt] [$($doc:tt)*] $path:tt $id:tt $Said:ident) => {
        $($doc)*
        #[utoipa::path(put, path = $path, operation_id = $id, request_body = $Said,
            params(IfMatch), responses((status = 200, body = $Noun)))]
        async fn replace(
            State(engine): State<Engine>,
            Caller(actor): Caller,
            Path(name): Path<String>,
            Version(version): Version,
            Body(said): Body<$Said>,
        ) -> Result<Answer<$Noun>, Problem> {
            Ok(tagged($op::change(&engine, &actor, &name, version, Edit::Whole(said)).await?))
        }
    };
    (@patch $noun:tt $doc:tt $path:tt $id:tt) => {
        handlers!(@patch_by $noun $doc $path $id Value as Object, &);
    };
    (@patch $noun:tt $doc:tt $path:tt $id:tt $Part:ident) => {
        handlers!(@patch_by $noun $doc $path $id $Part as $Part,);
    };
    (
        @patch_by [$op:ident $Noun:ident $name:tt] [$($doc:tt)*] $path:tt $id:tt
        $Part:ident as $Shown:ident, $($by:tt)?
    ) => {
        $($doc)*
        #[utoipa::path(patch, path = $path, operation_id = $id, request_body = $Shown,
            params(IfMatch), responses((status = 200, body = $Noun)))]
        async fn patch(
            State(engine): State<Engine>,
            Caller(actor): Caller,
            Path(name): Path<String>,
            Version(version): Version,
            Body(part): Body<$Part>,
        ) -> Result<Answer<$Noun>, Problem> {
            let edit = Edit::Part($($by)? part);
            Ok(tagged($op::change(&engine, &actor, &name, version, edit).await?))
        }
    };
    (@delete [$op:ident $Noun:ident $name:tt] [$($doc:tt)*] $path:tt $id:tt) => {
        $($doc)*
        #[utoipa::path(delete, path = $path, operation_id = $id,
            params(IfMatch), responses((status = 204)))]
        async fn delete(
            State(engine): State<Engine>,
            Caller(actor): Caller,
            Path(name): Path<String>,
            Version(version): Version,
        ) -> Result<StatusCode, Problem> {
            $op::delete(&engine, &actor, &name, version).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    };
}

pub(super) use handlers;

/// What the handlers are made of.
pub(super) mod parts {
    pub(in crate::api) use axum::extract::State;
    pub(in crate::api) use axum::http::StatusCode;
    pub(in crate::api) use hep_engine::ops::Engine;
    pub(in crate::api) use hep_engine::ops::page::{Page, Paging};
    pub(in crate::api) use hep_engine::ops::patch::Edit;
    pub(in crate::api) use serde_json::Value;

    pub(in crate::api) use crate::api::address::{Path, Query};
    pub(in crate::api) use crate::api::answer::Answer;
    pub(in crate::api) use crate::api::body::{Body, IfMatch, Version};
    pub(in crate::api) use crate::api::caller::Caller;
    pub(in crate::api) use crate::api::creation::{
        Creation, MadeBefore, OnceKey, address as address_of,
    };
    pub(in crate::api) use crate::api::problem::Problem;
}
