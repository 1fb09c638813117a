//! Reading options and planning, in other languages.

super::translations! { "module";
    bad_options pt "Não é possível ler as opções do módulo: {why}"
        es "No se pueden leer las opciones del módulo: {why}";
}
