/* Values as JSON text: those of which json.dumps makes the same bytes without a step in Python. */

#include "accelerator.h"

#include <string.h>

#define MAX_DEPTH 16
#define MAX_ITEMS 64

typedef struct {
    char *at, *end;
} Output;

static int put(Output *output, const char *text, size_t length) {
    if ((size_t)(output->end - output->at) < length) return 0;
    memcpy(output->at, text, length);
    output->at += length;
    return 1;
}

static int put_string(PyObject *string, Output *output) {
    static const char digits[] = "0123456789abcdef";
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(string, &length);
    if (text == NULL) {
        PyErr_Clear(); /* half of a surrogate pair, or no memory: the encoder in Python says which */
        return 0;
    }
    if (length + 2 > output->end - output->at) return 0;
    *output->at++ = '"';
    const char *from = text, *const end = text + length;
    for (const char *at = text; at < end; at++) {
        const unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        if (!put(output, from, (size_t)(at - from))) return 0;
        from = at + 1;
        static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
        const char *found = shorts;
        while (*found != '\0' && *found != (char)byte) found += 2;
        const char escape[] = {'\\', *found != '\0' ? found[1] : 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        if (!put(output, escape, *found != '\0' ? 2 : 6)) return 0;
    }
    return put(output, from, (size_t)(end - from)) && put(output, "\"", 1);
}

static int put_integer(PyObject *integer, Output *output) {
    int overflow;
    const long long number = PyLong_AsLongLongAndOverflow(integer, &overflow);
    if (overflow != 0 || (number == -1 && PyErr_Occurred())) {
        PyErr_Clear();
        return 0;
    }
    char text[24], *at = text + sizeof text;
    unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
    do *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0) *--at = '-';
    return put(output, at, (size_t)(text + sizeof text - at));
}

static int put_float(PyObject *number, Output *output) {
    const double value = PyFloat_AsDouble(number);
    if (value - value != 0) return 0; /* NaN or infinite: no JSON */
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL); /* as float.__repr__ */
    if (text == NULL) {
        PyErr_Clear();
        return 0;
    }
    const int is_done = put(output, text, strlen(text));
    PyMem_Free(text);
    return is_done;
}

static int put_value(PyObject *value, Output *output, int depth);

static int put_dict(PyObject *dict, Output *output, int depth) {
    if (PyDict_Size(dict) > MAX_ITEMS || !put(output, "{", 1)) return 0;
    PyObject *key, *value;
    Py_ssize_t position = 0;
    int is_first = 1;
    while (PyDict_Next(dict, &position, &key, &value)) {
        if (!PyUnicode_CheckExact(key)) return 0;
        if (!is_first && !put(output, ",", 1)) return 0;
        if (!put_string(key, output) || !put(output, ":", 1) || !put_value(value, output, depth + 1)) return 0;
        is_first = 0;
    }
    return put(output, "}", 1);
}

static int put_items(PyObject *items, int is_list, Output *output, int depth) {
    const Py_ssize_t count = is_list ? PyList_Size(items) : PyTuple_Size(items);
    if (count > MAX_ITEMS || !put(output, "[", 1)) return 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = is_list ? PyList_GetItem(items, i) : PyTuple_GetItem(items, i);
        if ((i > 0 && !put(output, ",", 1)) || !put_value(item, output, depth + 1)) return 0;
    }
    return put(output, "]", 1);
}

static int put_value(PyObject *value, Output *output, int depth) {
    if (PyUnicode_CheckExact(value)) return put_string(value, output);
    if (value == Py_True) return put(output, "true", 4);
    if (value == Py_False) return put(output, "false", 5);
    if (value == Py_None) return put(output, "null", 4);
    if (PyLong_CheckExact(value)) return put_integer(value, output);
    if (PyFloat_CheckExact(value)) return put_float(value, output);
    if (depth == MAX_DEPTH) return 0;
    if (PyDict_CheckExact(value)) return put_dict(value, output, depth);
    if (PyList_CheckExact(value)) return put_items(value, 1, output, depth);
    if (PyTuple_CheckExact(value)) return put_items(value, 0, output, depth);
    return 0;
}

size_t encode_value(PyObject *value, char *buffer, size_t capacity) {
    Output output = {buffer, buffer + capacity};
    return put_value(value, &output, 0) ? (size_t)(output.at - buffer) : 0;
}
