//! The methods of one listener, ready to be called: a jsonrpsee module for JSON-RPC, the same methods by path, the binary
//! endpoints by path.

use super::{budget::Budget, lane::Lane};
use crate::{
    binary::{BinaryMethod, binary_methods},
    config::{Access, Limits, ListenerConfig},
    error::MethodError,
    method::{Method, Origin},
    methods::{absent_methods, all_methods},
    node::{Call, Node, Secrecy},
};
use jsonrpsee::{
    Methods, RpcModule,
    types::{ErrorObject, ErrorObjectOwned},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What a call of this listener works with.
pub(crate) struct Scope {
    pub(crate) node: Arc<Node>,
    pub(crate) access: Access,
    pub(crate) limits: Limits,
    pub(crate) secrecy: Secrecy,
    /// Clients connected to all listeners.
    pub(crate) connections: Arc<AtomicU64>,
}

impl Scope {
    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            node: &self.node,
            access: self.access,
            limits: &self.limits,
            secrecy: self.secrecy,
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}

/// A name that this listener knows.
enum Known {
    Method(Arc<Method>),
    /// It is on the admin listener only.
    Denied(Arc<Method>),
    /// It is not in this version.
    Absent(usize),
}

/// One listener's methods.
pub(crate) struct Endpoint {
    pub(crate) scope: Arc<Scope>,
    pub(crate) lane: Lane,
    pub(super) budget: Budget,
    pub(crate) json_rpc: Methods,
    names: HashMap<&'static str, Known>,
    binary: HashMap<&'static str, BinaryMethod>,
}

impl Endpoint {
    pub(crate) fn new(node: Arc<Node>, config: &ListenerConfig, secrecy: Secrecy, connections: Arc<AtomicU64>) -> Self {
        let scope = Arc::new(Scope {
            node,
            access: config.access,
            limits: config.limits,
            secrecy,
            connections,
        });
        let names = known_names(config.access);
        let json_rpc = json_rpc_module(&scope, &names);
        let binary = binary_methods()
            .into_iter()
            .flat_map(|method| method.names().map(move |name| (name, method)))
            .collect();
        Self {
            lane: Lane::new(&config.limits),
            budget: Budget::new(config.limits.memory),
            scope,
            json_rpc,
            names,
            binary,
        }
    }

    /// The method of a plain path.
    pub(crate) fn by_path(&self, name: &str) -> Result<Arc<Method>, MethodError> {
        match self.names.get_key_value(name) {
            Some((_, Known::Method(method))) if method.has_path => Ok(Arc::clone(method)),
            Some((name, Known::Denied(method))) if method.has_path => Err(denial(name, method.origin)),
            Some((name, Known::Absent(index))) => Err(absence(*index, name, self.scope.access)),
            _ => Err(MethodError::MethodNotFound {
                method: MethodError::excerpt(name),
            }),
        }
    }

    /// The binary endpoint of a path.
    pub(crate) fn by_binary_path(&self, name: &str) -> Option<BinaryMethod> {
        self.binary.get(name).copied()
    }
}

fn known_names(access: Access) -> HashMap<&'static str, Known> {
    let mut names = HashMap::new();
    for method in all_methods() {
        let method = Arc::new(method);
        for name in method.names() {
            let known = if method.access <= access {
                Known::Method(Arc::clone(&method))
            } else {
                Known::Denied(Arc::clone(&method))
            };
            names.insert(name, known);
        }
    }
    for (index, absent) in absent_methods().iter().enumerate() {
        for name in absent.names {
            names.insert(*name, Known::Absent(index));
        }
    }
    names
}

const fn denial(method: &'static str, origin: Origin) -> MethodError {
    match origin {
        Origin::Monero => MethodError::HiddenFromPublic { method },
        Origin::Oxen => MethodError::NotPublic { method },
    }
}

fn absence(index: usize, method: &'static str, access: Access) -> MethodError {
    match absent_methods().get(index) {
        Some(absent) => absent.error(method, access),
        None => MethodError::MethodNotFound {
            method: method.to_owned(),
        },
    }
}

fn json_rpc_module(scope: &Arc<Scope>, names: &HashMap<&'static str, Known>) -> Methods {
    let mut module = RpcModule::from_arc(Arc::clone(scope));
    for (name, known) in names {
        let name = *name;
        let registered = match known {
            Known::Method(method) => {
                let method = Arc::clone(method);
                module.register_method(name, move |parameters, scope, _| {
                    method
                        .run(&scope.call(), parameters.as_str())
                        .map_err(ErrorObjectOwned::from)
                })
            }
            Known::Denied(method) => {
                let origin = method.origin;
                module.register_method(name, move |_, _, _| {
                    Err::<(), _>(ErrorObjectOwned::from(denial(name, origin)))
                })
            }
            Known::Absent(index) => {
                let index = *index;
                module.register_method(name, move |_, scope, _| {
                    Err::<(), _>(ErrorObjectOwned::from(absence(index, name, scope.access)))
                })
            }
        };
        if let Err(error) = registered {
            tracing::error!("the method {name} is not served: {error}");
        }
    }
    module.into()
}

impl From<MethodError> for ErrorObjectOwned {
    fn from(error: MethodError) -> Self {
        if let MethodError::View(reason)
        | MethodError::BlockNotAccepted(oxen_node_api::SubmitBlockError::Invalid(oxen_state::BlockError::View(
            reason,
        ))) = &error
        {
            tracing::error!("an RPC request could not be answered: {reason}");
        }
        ErrorObject::owned(error.code().number(), error.to_string(), error.data())
    }
}
