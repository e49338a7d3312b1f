/* A class with r[k], r[k] = v and `k in r`. Whatever it does not do itself, the functions in Python do: waiting, refusing, raising. */

#include "accelerator.h"

#include <stddef.h>
#include <structmember.h>

Calls calls;

typedef struct {
    PyObject_HEAD
    PyObject *gate;
} Mapping;

/* Returns the gate if a call can begin at once and keep the GIL; otherwise NULL. */
static Gate *open_gate(PyObject *self) {
    PyObject *held = ((Mapping *)self)->gate;
    if (held == NULL || !Py_IS_TYPE(held, gate_type)) return NULL;
    Gate *gate = (Gate *)held;
    if (gate->replica == NULL || gate->count != 0 || gate->has_store || PyList_Size(gate->dropped) != 0) return NULL;
    return gate;
}

/* Returns a key in UTF-8; NULL without an exception if it is no short str. */
static const char *short_key(PyObject *key, size_t *length) {
    if (!PyUnicode_CheckExact(key)) return NULL;
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(key, &size);
    if (text == NULL) PyErr_Clear();
    if (text == NULL || size > SHORT_TEXT) return NULL;
    *length = (size_t)size;
    return text;
}

/* Finds a key. Returns SCUTTLE_OK or SCUTTLE_NOT_FOUND, or an error if the functions in Python have to look. */
static int find(PyObject *self, PyObject *key, scuttle_entry_t *entry) {
    Gate *gate = open_gate(self);
    size_t length;
    const char *text = gate != NULL ? short_key(key, &length) : NULL;
    return text != NULL ? calls.get(gate->replica, text, length, entry) : SCUTTLE_E_BUSY;
}

static PyObject *subscript(PyObject *self, PyObject *key) {
    scuttle_entry_t entry;
    switch (find(self, key, &entry)) {
    case SCUTTLE_OK:
        return decode_value(entry.value, entry.value_len);
    case SCUTTLE_NOT_FOUND:
        PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    default:
        return PyObject_CallFunctionObjArgs(calls.slow_get, self, key, NULL);
    }
}

static int contains(PyObject *self, PyObject *key) {
    scuttle_entry_t entry;
    const int code = find(self, key, &entry);
    if (code == SCUTTLE_OK || code == SCUTTLE_NOT_FOUND) return code == SCUTTLE_OK;
    PyObject *found = PyObject_CallFunctionObjArgs(calls.slow_contains, self, key, NULL);
    if (found == NULL) return -1;
    const int is_true = PyObject_IsTrue(found);
    Py_DECREF(found);
    return is_true;
}

/* Sets a key. Returns the code; an error if the functions in Python have to set it, or to say why not: an error has changed nothing. */
static int set(PyObject *self, PyObject *key, PyObject *value) {
    Gate *gate = open_gate(self);
    size_t length;
    const char *text = gate != NULL && !gate->has_callbacks ? short_key(key, &length) : NULL;
    if (text == NULL) return SCUTTLE_E_BUSY;
    char json[SHORT_TEXT];
    const size_t json_length = encode_value(value, json, sizeof json);
    return json_length > 0 ? calls.set(gate->replica, text, length, json, json_length) : SCUTTLE_E_BUSY;
}

static int set_subscript(PyObject *self, PyObject *key, PyObject *value) {
    if (value != NULL && set(self, key, value) >= 0) return 0;
    PyObject *done = value == NULL ? PyObject_CallFunctionObjArgs(calls.slow_delete, self, key, NULL)
                                   : PyObject_CallFunctionObjArgs(calls.slow_set, self, key, value, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *try_set(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
    return PyLong_FromLong(count == 2 ? set(self, arguments[0], arguments[1]) : SCUTTLE_E_ARGUMENT);
}

static PyObject *try_set_all(PyObject *self, PyObject *pairs) {
    Py_ssize_t done = 0;
    for (; PyList_CheckExact(pairs) && done < PyList_Size(pairs); done++) {
        PyObject *pair = PyList_GetItem(pairs, done);
        if (!PyTuple_CheckExact(pair) || PyTuple_Size(pair) != 2) break;
        if (set(self, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1)) < 0) break;
    }
    return PyLong_FromSsize_t(done);
}

static void mapping_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_CLEAR(((Mapping *)self)->gate);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"_gate", T_OBJECT_EX, offsetof(Mapping, gate), 0, "The lock of the replica."},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef methods[] = {
    {"_try_set", (PyCFunction)(void (*)(void))try_set, METH_FASTCALL,
     "_try_set(key, value): sets a key, and returns the code. An error: nothing has changed, and a slower way may do it."},
    {"_try_set_all", try_set_all, METH_O, "Sets pairs of a list in their order, up to the first that needs a slower way. Returns their number."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Reads and sets single keys."},
    {Py_tp_dealloc, mapping_dealloc},
    {Py_tp_members, members},
    {Py_tp_methods, methods},
    {Py_mp_subscript, subscript},
    {Py_mp_ass_subscript, set_subscript},
    {Py_sq_contains, contains},
    {0, NULL},
};

static PyType_Spec spec = {"scuttle._accelerator.Keys", sizeof(Mapping), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

int add_mapping_type(PyObject *module) {
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL) return -1;
    const int code = PyModule_AddObjectRef(module, "Keys", type);
    Py_DECREF(type);
    return code;
}
