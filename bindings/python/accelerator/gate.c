/* A lock that one thread may acquire several times, as threading.RLock, and what a key's call has to know of its replica.
 *
 * A call that keeps the GIL from begin to end need not acquire the lock: it is enough that nobody holds it, because nobody can acquire
 * it before the GIL is released. A thread that waits for the lock may have it from the system already; it counts once that thread
 * has the GIL.
 */

#include "accelerator.h"

PyTypeObject *gate_type;

static PyObject *gate_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    (void)arguments, (void)keywords;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Gate *gate = (Gate *)allocate(type, 0);
    if (gate == NULL) return NULL;
    gate->lock = PyThread_allocate_lock();
    if (gate->lock == NULL) {
        Py_DECREF(gate);
        return PyErr_NoMemory();
    }
    return (PyObject *)gate;
}

static void gate_dealloc(PyObject *self) {
    Gate *gate = (Gate *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (gate->lock != NULL) {
        if (gate->count > 0) PyThread_release_lock(gate->lock); /* of a thread of a fork's parent */
        PyThread_free_lock(gate->lock);
    }
    Py_CLEAR(gate->dropped);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* Waits without the GIL. Signal handlers run meanwhile; returns 0 if one has raised an exception. */
static int wait_for(PyThread_type_lock lock) {
    PyLockStatus status;
    do {
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed(lock, -1, 1);
        Py_END_ALLOW_THREADS
        if (status == PY_LOCK_INTR && PyErr_CheckSignals() < 0) return 0;
    } while (status != PY_LOCK_ACQUIRED);
    return 1;
}

static int is_mine(const Gate *gate) {
    return gate->count > 0 && gate->owner == PyThread_get_thread_ident();
}

static PyObject *gate_enter(PyObject *self, PyObject *unused) {
    (void)unused;
    Gate *gate = (Gate *)self;
    if (is_mine(gate)) {
        gate->count += 1;
        Py_RETURN_TRUE;
    }
    if (!PyThread_acquire_lock(gate->lock, NOWAIT_LOCK) && !wait_for(gate->lock)) return NULL;
    gate->owner = PyThread_get_thread_ident();
    gate->count = 1;
    Py_RETURN_TRUE;
}

static PyObject *gate_try(PyObject *self, PyObject *unused) {
    Gate *gate = (Gate *)self;
    if (is_mine(gate)) return gate_enter(self, unused);
    if (!PyThread_acquire_lock(gate->lock, NOWAIT_LOCK)) Py_RETURN_FALSE;
    gate->owner = PyThread_get_thread_ident();
    gate->count = 1;
    Py_RETURN_TRUE;
}

static PyObject *gate_release(PyObject *self, PyObject *unused) {
    (void)unused;
    Gate *gate = (Gate *)self;
    if (!is_mine(gate)) {
        PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
        return NULL;
    }
    gate->count -= 1;
    if (gate->count == 0) PyThread_release_lock(gate->lock);
    Py_RETURN_NONE;
}

static PyObject *gate_is_owned(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(is_mine((Gate *)self));
}

static PyObject *gate_open(PyObject *self, PyObject *arguments) {
    Gate *gate = (Gate *)self;
    PyObject *address, *dropped;
    int has_callbacks, has_store;
    if (!PyArg_ParseTuple(arguments, "OO!pp", &address, &PyList_Type, &dropped, &has_callbacks, &has_store)) return NULL;
    void *replica = PyLong_AsVoidPtr(address);
    if (replica == NULL && PyErr_Occurred()) return NULL;
    PyObject *before = gate->dropped;
    Py_INCREF(dropped);
    gate->dropped = dropped;
    Py_XDECREF(before);
    gate->has_callbacks = has_callbacks;
    gate->has_store = has_store;
    gate->replica = replica;
    Py_RETURN_NONE;
}

static PyObject *gate_shut(PyObject *self, PyObject *unused) {
    (void)unused;
    ((Gate *)self)->replica = NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"__enter__", gate_enter, METH_NOARGS, "Acquires the lock. Waits without the GIL."},
    {"__exit__", gate_release, METH_VARARGS, "Releases the lock."},
    {"try_acquire", gate_try, METH_NOARGS, "Acquires the lock unless another thread holds it. Returns whether it has."},
    {"release", gate_release, METH_NOARGS, "Releases the lock."},
    {"_is_owned", gate_is_owned, METH_NOARGS, "Returns whether this thread holds the lock."},
    {"open", gate_open, METH_VARARGS, "open(address of the replica, list of dropped links, has callbacks or a store, has a store)"},
    {"shut", gate_shut, METH_NOARGS, "The replica is not used here any more."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The lock of a replica."},
    {Py_tp_new, gate_new},
    {Py_tp_dealloc, gate_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {"scuttle._accelerator.Gate", sizeof(Gate), 0, Py_TPFLAGS_DEFAULT, slots};

int add_gate_type(PyObject *module) {
    gate_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return gate_type == NULL ? -1 : PyModule_AddObjectRef(module, "Gate", (PyObject *)gate_type);
}
