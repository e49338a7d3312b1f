/* The accelerator: reading and setting one key without ctypes. The package works without it; see module.c. */

#ifndef SCUTTLE_ACCELERATOR_H
#define SCUTTLE_ACCELERATOR_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030A0000
#include <Python.h>

#include <scuttle.h>

/* The longest key and JSON text, in bytes, that are set here. The GIL is kept meanwhile, so long ones go the way of ctypes. */
#define SHORT_TEXT 1024

/* gate.c: the lock of a replica in Python, which knows whether a call needs to wait. */

typedef struct {
    PyObject_HEAD
    PyThread_type_lock lock;
    unsigned long owner;  /* the thread that holds the replica, if count is not 0 */
    unsigned long count;
    scuttle_t *replica;   /* NULL: not open yet, closed, or left to the parent of a fork */
    PyObject *dropped;    /* a list: the links that the next call closes first */
    int has_callbacks;    /* or a store: a change may run code of the host */
    int has_store;        /* reading may run code of the host, too, because the replica may have to load its content again */
} Gate;

extern PyTypeObject *gate_type;
int add_gate_type(PyObject *module);

/* mapping.c: the class that reads and sets keys. */

typedef struct {
    int (*set)(scuttle_t *, const char *, size_t, const char *, size_t);
    int (*get)(scuttle_t *, const char *, size_t, scuttle_entry_t *);
    PyObject *scan;          /* the scanner of the json module: (text, index) to (value, end) */
    PyObject *slow_get;      /* what the class does if a step here is not enough: (self, key) */
    PyObject *slow_set;      /* (self, key, value) */
    PyObject *slow_delete;   /* (self, key) */
    PyObject *slow_contains; /* (self, key) */
} Calls;

extern Calls calls;
int add_mapping_type(PyObject *module);

/* encode.c: writes a value as json.dumps(value, separators=(",", ":"), ensure_ascii=False) does. Returns the length, or 0 for a value
   that is not short, or that only the encoder in Python knows or rejects. Runs no code of the host. */
size_t encode_value(PyObject *value, char *buffer, size_t capacity);

/* decode.c: returns the value of a JSON text of the library, as json.loads does; NULL with an exception. The text is not read any more
   once an object that the garbage collector tracks is made, because that may run code of the host, which may use the replica. */
PyObject *decode_value(const char *text, size_t length);

#endif
