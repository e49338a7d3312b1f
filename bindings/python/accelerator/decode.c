/* JSON text of the library as values: numbers, strings and constants here, everything else by the scanner of the json module. */

#include "accelerator.h"

#include <string.h>

#define MAX_DIGITS 18 /* of a number that a long long holds */
#define MAX_NUMBER 64

/* Returns the value of a number; NULL without an exception for one that only the json module can read. */
static PyObject *decode_number(const char *text, size_t length) {
    const size_t sign = text[0] == '-';
    long long number = 0;
    size_t at = sign;
    while (at < length && text[at] >= '0' && text[at] <= '9' && at - sign < MAX_DIGITS) number = number * 10 + (text[at++] - '0');
    if (at == length) return PyLong_FromLongLong(sign ? -number : number);
    char copy[MAX_NUMBER];
    if (length >= sizeof copy) return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strpbrk(copy, ".eE") == NULL) return NULL; /* a large integer */
    const double value = PyOS_string_to_double(copy, NULL, NULL);
    if (value == -1 && PyErr_Occurred()) return NULL;
    return PyFloat_FromDouble(value);
}

static PyObject *decode_any(const char *text, size_t length) {
    PyObject *copy = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, NULL);
    if (copy == NULL) return NULL;
    PyObject *scanned = PyObject_CallFunction(calls.scan, "Oi", copy, 0);
    Py_DECREF(copy);
    if (scanned == NULL) return NULL;
    PyObject *value = PyTuple_GetItem(scanned, 0);
    Py_XINCREF(value);
    Py_DECREF(scanned);
    return value;
}

PyObject *decode_value(const char *text, size_t length) {
    PyObject *value = NULL;
    switch (length > 0 ? text[0] : '\0') {
    case '"':
        if (memchr(text, '\\', length) == NULL) return PyUnicode_DecodeUTF8(text + 1, (Py_ssize_t)length - 2, NULL);
        break;
    case 't':
        Py_RETURN_TRUE;
    case 'f':
        Py_RETURN_FALSE;
    case 'n':
        Py_RETURN_NONE;
    case '{':
    case '[':
        break;
    default:
        value = length > 0 ? decode_number(text, length) : NULL;
        if (value != NULL || PyErr_Occurred()) return value;
    }
    return decode_any(text, length);
}
