//! Manifests from files to a program that can run, and late includes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hep_core::diagnostic::{Diagnostic, Source};
use hep_core::manifest::select::{self, Selection};
use hep_core::manifest::{Reader, Setup};
use hep_core::message::Message;
use hep_core::module::KINDS;
use hep_core::node::Node;
use hep_core::program::{Item, Program, Task};
use hep_core::secret::Secret;
use hep_core::template::Engine;
use hep_core::vars::Layer;
use hep_core::vault::Keys;

use super::disk::Disk;

/// What the command line says about a program.
#[derive(Debug, Default)]
pub struct Request {
    /// The manifests, in order.
    pub manifests: Vec<String>,
    /// `--tags` and `--skip-tags`.
    pub selection: Selection,
    /// `--start-at-task`.
    pub start_at: Option<String>,
    /// `-e`.
    pub extra: Arc<Layer>,
    /// Vault passwords.
    pub keys: Keys,
    /// Files read before, with the inventory: places point into these too.
    pub sources: Vec<Source>,
    /// The only folder from which manifests may be read.
    pub confined: Option<PathBuf>,
}

/// A program, and what is needed to read more of it while it runs.
#[derive(Debug)]
pub struct Loaded {
    /// The program.
    pub program: Program,
    /// `-e`.
    pub extra: Arc<Layer>,
    /// The number of the first manifest's file.
    pub first_file: usize,
    /// The engine that checked it.
    pub engine: Engine,
    disk: Disk,
    keys: Keys,
    selection: Selection,
    reading: Mutex<Reading>,
}

#[derive(Debug)]
struct Reading {
    sources: Vec<Source>,
    next_task: u32,
}

/// A program that cannot run: all that is wrong with it, and the texts to show the places in.
#[derive(Debug)]
pub struct Faulty {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The files read so far.
    pub sources: Vec<Source>,
}

/// Reads and checks manifests. No host is touched.
pub fn load(request: Request) -> Result<Loaded, Faulty> {
    let engine = Engine::default();
    let disk = disk(&request.manifests, request.confined.clone());
    let setup = Setup {
        files: &disk,
        keys: &request.keys,
        extra: &request.extra,
        engine: &engine,
        kinds: KINDS,
    };
    let first_file = request.sources.len();
    let mut reader = Reader::resume(setup, request.sources, 0);
    let paths: Vec<&str> = request.manifests.iter().map(String::as_str).collect();
    let read = reader.read(&paths);
    let reading = Reading { sources: reader.sources().to_vec(), next_task: reader.next_task() };
    let mut program = match read {
        Ok(program) => program,
        Err(diagnostics) => return Err(Faulty { diagnostics, sources: reading.sources }),
    };
    request.selection.apply(&mut program);
    if let Some(name) = &request.start_at
        && let Err(message) = select::start_at(&mut program, name)
    {
        let diagnostics = vec![Diagnostic::new(hep_core::node::Pos::default(), message)];
        return Err(Faulty { diagnostics, sources: reading.sources });
    }
    Ok(Loaded {
        program,
        extra: request.extra,
        first_file,
        engine,
        disk,
        keys: request.keys,
        selection: request.selection,
        reading: Mutex::new(reading),
    })
}

/// The files below the manifests' folders.
fn disk(manifests: &[String], confined: Option<PathBuf>) -> Disk {
    let folders = manifests.iter().map(|path| match path.rsplit_once('/') {
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    });
    let here = confined.is_none().then(|| ".".to_owned());
    Disk { roots: folders.chain(here).collect(), confined }
}

/// A program of a saved plan, which was checked when it was read. `names` are those of its files, which
/// follow the request's sources; their texts are not known any more.
pub fn resume(request: Request, program: Program, names: &[Arc<str>], next_task: u32) -> Loaded {
    let first_file = request.sources.len();
    let mut sources = request.sources;
    sources.extend(names.iter().map(|name| Source { name: name.clone(), text: "".into() }));
    let program =
        Program { files: sources.iter().map(|source| source.name.clone()).collect(), ..program };
    Loaded {
        program,
        extra: request.extra,
        first_file,
        engine: Engine::default(),
        disk: disk(&request.manifests, request.confined),
        keys: request.keys,
        selection: request.selection,
        reading: Mutex::new(Reading { sources, next_task }),
    }
}

impl Loaded {
    /// The number that the next task will get.
    pub fn next_task(&self) -> u32 {
        self.lock().next_task
    }

    /// The texts, to show places in.
    pub fn sources(&self) -> Vec<Source> {
        self.lock().sources.clone()
    }

    /// Names of all files read so far, by their number.
    pub fn files(&self) -> Vec<Arc<str>> {
        self.lock().sources.iter().map(|source| source.name.clone()).collect()
    }

    /// Every decrypted value in the program and on the command line.
    pub fn secrets(&self) -> Vec<Secret<String>> {
        let mut found = secret_texts(&self.extra);
        for play in &self.program.plays {
            found.extend(secret_texts(&play.vars));
            found.extend(secrets_of_items(&play.items));
            found.extend(secrets_of_items(&play.handlers));
        }
        found
    }

    /// The steps of an included file.
    pub fn include(&self, task: &Task, file: &str) -> Result<Vec<Item>, Message> {
        let mut items = self.with_reader(|reader| reader.include(task, file).map_err(first))?;
        self.selection.filter(&mut items);
        Ok(items)
    }

    /// The variables in a file.
    pub fn vars_file(&self, path: &str) -> Result<Node, Message> {
        self.with_reader(|reader| reader.variables(path).map_err(|fault| first(vec![fault])))
    }

    fn with_reader<T>(
        &self,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, (Diagnostic, ())>,
    ) -> Result<T, Message> {
        let setup = Setup {
            files: &self.disk,
            keys: &self.keys,
            extra: &self.extra,
            engine: &self.engine,
            kinds: KINDS,
        };
        let mut reading = self.lock();
        let mut reader = Reader::resume(setup, reading.sources.clone(), reading.next_task);
        let read = read(&mut reader);
        reading.sources = reader.sources().to_vec();
        reading.next_task = reader.next_task();
        read.map_err(|(fault, ())| {
            hep_core::message::play::in_file(hep_core::diagnostic::render(&reading.sources, &fault))
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reading> {
        // A panic while reading would have ended the program.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every decrypted value in these steps.
pub(super) fn secrets_of_items(items: &[Item]) -> Vec<Secret<String>> {
    let mut found = Vec::new();
    for task in select::tasks(items) {
        let mut texts = Vec::new();
        hep_core::mask::secrets_of(&task.args, &mut texts);
        task.environment.iter().for_each(|node| hep_core::mask::secrets_of(node, &mut texts));
        found.extend(texts.into_iter().map(|text| Secret::new(text.to_owned())));
        found.extend(secret_texts(&task.vars));
    }
    found
}

fn secret_texts(layer: &Layer) -> Vec<Secret<String>> {
    let texts = super::scene::secrets_in(layer);
    texts.into_iter().map(|text| Secret::new(text.to_owned())).collect()
}

fn first(mut faults: Vec<Diagnostic>) -> (Diagnostic, ()) {
    if faults.is_empty() {
        let nowhere = hep_core::node::Pos::default();
        return (Diagnostic::new(nowhere, hep_core::message::play::wrong_answer("file")), ());
    }
    (faults.swap_remove(0), ())
}
