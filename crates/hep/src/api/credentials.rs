//! `/credentials`: how hosts are logged in to.

use hep_engine::ops::credential::{self, CredentialInput, CredentialPatch};
use hep_engine::store::credentials::Credential;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::handlers::handlers;

/// The routes of this noun.
pub(super) fn routes() -> OpenApiRouter<Engine> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, replace, patch, delete))
}

handlers! {
    credential: Credential named (name);

    /// A page of credentials, by name. No secret is ever shown.
    list "/credentials" "credential_list";
    /// Makes a credential.
    create "/credentials" "credential_create" from CredentialInput;
    /// A credential.
    show "/credentials/{name}" "credential_show";
    /// Changes a credential: what is not said is as if it had never been, but for secrets, which stay.
    replace "/credentials/{name}" "credential_replace" from CredentialInput;
    /// Changes what is said of a credential (JSON Merge Patch).
    patch "/credentials/{name}" "credential_patch" from CredentialPatch;
    /// Removes a credential that no host uses.
    delete "/credentials/{name}" "credential_delete";
}
