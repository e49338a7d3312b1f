/* scuttle._accelerator: what ctypes costs most, in C. The package uses it if it is there, and passes all tests without it.
 *
 * It calls the functions of the library that ctypes has loaded, whose addresses it gets, so that both use one library. It is built against
 * the limited API, so one file serves all versions of Python from 3.10 on.
 *
 * Each call keeps the GIL, so it must neither wait nor run code of the host. It waits for no lock, because it begins only if nobody
 * holds the replica: see gate.c. A set runs no callback, because it begins only if the replica has none; a replica with a store may load
 * its content again even to read, so it does not read here. Otherwise the functions in Python do the work, which release the GIL
 * before they wait.
 */

#include "accelerator.h"

/* Puts an object into a variable. */
static void keep(PyObject **variable, PyObject *object) {
    PyObject *before = *variable;
    Py_INCREF(object);
    *variable = object;
    Py_XDECREF(before);
}

static PyObject *use(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *addresses[2], *scan, *get, *set, *delete_, *contains;
    if (!PyArg_ParseTuple(arguments, "OOOOOOO", &addresses[0], &addresses[1], &scan, &get, &set, &delete_, &contains)) return NULL;
    void *set_address = PyLong_AsVoidPtr(addresses[0]), *get_address = PyLong_AsVoidPtr(addresses[1]);
    if (PyErr_Occurred()) return NULL;
    *(void **)&calls.set = set_address; /* as POSIX has it for dlsym */
    *(void **)&calls.get = get_address;
    keep(&calls.scan, scan);
    keep(&calls.slow_get, get);
    keep(&calls.slow_set, set);
    keep(&calls.slow_delete, delete_);
    keep(&calls.slow_contains, contains);
    Py_RETURN_NONE;
}

static PyObject *encode(PyObject *module, PyObject *value) {
    (void)module;
    char text[SHORT_TEXT];
    const size_t length = encode_value(value, text, sizeof text);
    if (length == 0) Py_RETURN_NONE;
    return PyBytes_FromStringAndSize(text, (Py_ssize_t)length);
}

static PyObject *decode(PyObject *module, PyObject *text) {
    (void)module;
    char *start;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(text, &start, &length) < 0) return NULL;
    return decode_value(start, (size_t)length);
}

static PyMethodDef functions[] = {
    {"use", use, METH_VARARGS, "use(addresses of scuttle_set and scuttle_get, scanner, functions for get, set, delete, contains)"},
    {"encode", encode, METH_O, "Returns a value as JSON, as bytes; None if json.dumps has to do it. For tests."},
    {"decode", decode, METH_O, "Returns the value of JSON text that the library has checked. For tests."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "scuttle._accelerator", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__accelerator(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) return NULL;
    if (add_gate_type(module) < 0 || add_mapping_type(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
