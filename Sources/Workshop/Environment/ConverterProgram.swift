/// The Python program that makes an exported program of a class and its weights. It runs inside walls, beside code that
/// a person names: nothing that it says is believed.
enum ConverterProgram {
    /// Takes a job as JSON: `source`, the class's file; `root`, a folder that its imports may come from; `class`;
    /// `weights`, a safetensors file; `shapes`; `site`, a folder of packages. Writes an exported program (`program`),
    /// inputs and outputs as an NPZ file (`reference`; with `trace`, what the program makes in between), and `answer`:
    /// what went wrong, or PyTorch's version.
    static let text = #"""
        import ast, importlib.util, json, os, struct, sys, zipfile

        job = json.loads(sys.argv[1])


        def answer(value):
            with open(job["answer"], "w") as file:
                json.dump(value, file)


        def refuse(message, causes=(), help=None):
            answer({"error": message, "causes": [str(cause)[:300] for cause in list(causes)[:20]], "help": help})
            sys.stdout.flush()
            os._exit(1)


        def words(error):
            return [line for line in str(error).splitlines() if line.strip()][:6] or [type(error).__name__]


        sys.excepthook = lambda kind, error, trace: refuse(f"the class is not exported: {kind.__name__}", words(error))


        def load_class():
            path = job["source"]
            if job["root"]:
                sys.path.insert(0, job["root"])
            name = os.path.splitext(os.path.basename(path))[0]
            try:
                spec = importlib.util.spec_from_file_location(name, path)
                module = importlib.util.module_from_spec(spec)
                sys.modules[name] = module
                spec.loader.exec_module(module)
            except ModuleNotFoundError as error:
                refuse(f"{name}.py imports '{error.name}', which is not there", [],
                       "name the folder that it may read with --source FOLDER; a package comes with --requirements or --python")
            except BaseException as error:
                refuse(f"{name}.py cannot be read: {type(error).__name__}", words(error))
            return module


        def build(module):
            text = job["class"]
            try:
                call = ast.parse(text, mode="eval").body
                positional, named = [], {}
                if isinstance(call, ast.Call):
                    positional = [ast.literal_eval(value) for value in call.args]
                    named = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
                    call = call.func
                names = []
                while isinstance(call, ast.Attribute):
                    names.insert(0, call.attr)
                    call = call.value
                names.insert(0, call.id)
            except (AttributeError, SyntaxError, ValueError):
                refuse(f"'{text}' is no class", [], "such as Net, or Net(10, hidden=64) with plain values")
            maker = module
            for name in names:
                if not hasattr(maker, name):
                    found = [name for name, value in vars(module).items()
                             if isinstance(value, type) and issubclass(value, torch.nn.Module)]
                    refuse(f"there is no '{name}' in {os.path.basename(job['source'])}", [f"there is: {other}" for other in found])
                maker = getattr(maker, name)
            try:
                model = maker(*positional, **named)
            except BaseException as error:
                refuse(f"'{text}' cannot be made: {type(error).__name__}", words(error),
                       "give what it is made with: --class 'net.py:Net(10, hidden=64)'")
            if not isinstance(model, torch.nn.Module):
                refuse(f"'{text}' is no torch.nn.Module, but a {type(model).__name__}")
            return model


        def read_weights(path):
            with open(path, "rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(length))
                data = bytearray(file.read())
            types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
                     "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
                     "BOOL": torch.bool, "C64": torch.complex64, "C128": torch.complex128}
            header.pop("__metadata__", None)
            state = {}
            for name, entry in header.items():
                kind = types.get(entry["dtype"])
                if kind is None:
                    refuse(f"the weight '{name}' has elements of the type {entry['dtype']}, which is not carried")
                first, last = entry["data_offsets"]
                count = 1
                for size in entry["shape"]:
                    count *= size
                if count == 0:
                    state[name] = torch.zeros(entry["shape"], dtype=kind)
                else:
                    state[name] = torch.frombuffer(data, dtype=kind, count=count, offset=first).reshape(entry["shape"])
            return state


        def fit(state, wanted):
            # The weights under the names that the model has: checkpoints hold them below a word of their own.
            heads = ["", "state_dict.", "model_state_dict.", "model.", "net.", "weights.", "params."]
            best = None
            for outer in heads:
                for inner in ["", "module.", "model.", "net.", "_orig_mod."]:
                    head = outer + inner
                    part = {name[len(head):]: value for name, value in state.items() if name.startswith(head)}
                    shared = len(wanted & part.keys())
                    rank = (shared, -len(part))
                    if best is None or rank > best[0]:
                        best = (rank, head, part)
            _, head, part = best
            missing = sorted(wanted - part.keys())
            excess = sorted(part.keys() - wanted)
            if missing or excess:
                refuse("the weights are not those of the class",
                       [f"the class has '{name}', the file has not" for name in missing[:10]]
                       + [f"the file has '{name}', the class has not" for name in excess[:10]],
                       "give the file and the class of one training run, and what the class is made with")
            return part, head


        def make_inputs():
            generator = torch.Generator().manual_seed(job["seed"])
            open_sizes, inputs, dynamic = {}, [], []
            for shape in job["shapes"]:
                sizes, axes = [], {}
                for axis, size in enumerate(shape["sizes"]):
                    if isinstance(size, str):
                        if size not in open_sizes:
                            open_sizes[size] = (len(open_sizes) + 2, torch.export.Dim(size))
                        axes[axis] = open_sizes[size][1]
                        size = open_sizes[size][0]
                    sizes.append(size)
                kind = getattr(torch, shape["type"])
                if kind.is_floating_point:
                    value = torch.rand(sizes, generator=generator, dtype=torch.float32).to(kind)
                else:
                    value = torch.randint(0, 2, sizes, generator=generator).to(kind)
                inputs.append(value)
                dynamic.append(axes or None)
            return tuple(inputs), (tuple(dynamic) if open_sizes else None)


        TYPES = {"float64": "<f8", "float32": "<f4", "float16": "<f2", "int64": "<i8", "int32": "<i4", "int16": "<i2",
                 "int8": "|i1", "uint8": "|u1", "bool": "|b1"}


        class Arrays:
            # Writes arrays into an NPZ file, one at a time, without NumPy.
            def __init__(self, path, limit):
                self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
                self.left = limit

            def add(self, name, tensor):
                import ctypes
                tensor = tensor.detach()
                if tensor.dtype in (torch.bfloat16,):
                    tensor = tensor.float()
                kind = TYPES.get(str(tensor.dtype).removeprefix("torch."))
                if kind is None or tensor.layout != torch.strided:
                    return False
                tensor = tensor.contiguous()
                count = tensor.numel() * tensor.element_size()
                if count > self.left:
                    return False
                self.left -= count
                shape = "(" + "".join(f"{size}, " for size in tensor.shape) + ")"
                header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
                header += " " * (-(len(header) + 11) % 64) + "\n"
                entry = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
                with self.archive.open(entry, "w", force_zip64=count >= 1 << 31) as file:
                    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
                    if count:
                        file.write((ctypes.c_char * count).from_address(tensor.data_ptr()))
                return True

            def close(self):
                self.archive.close()


        def flat(value):
            from torch.utils import _pytree
            leaves, _ = _pytree.tree_flatten(value)
            return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


        def trace(program, inputs, arrays):
            # Every value in between, by the name that the program has for it.
            class Recorder(torch.fx.Interpreter):
                def run_node(self, node):
                    value = super().run_node(node)
                    if node.op == "call_function" and isinstance(value, torch.Tensor):
                        arrays.add("layer." + node.name, value)
                    return value
            Recorder(program.module()).run(*inputs)


        try:
            if job["site"]:
                sys.path.insert(0, job["site"])
            import torch
        except BaseException as error:
            refuse("this Python cannot import torch", words(error),
                   "name one that can with --python, or leave it away: an environment is made then")

        torch.set_num_threads(1)
        module = load_class()
        torch.manual_seed(job["seed"])
        model = build(module)
        notes = []
        if job["weights"]:
            state, head = fit(read_weights(job["weights"]), set(model.state_dict().keys()))
            if head:
                notes.append(f"of the file the weights below '{head[:-1]}' were taken")
            try:
                model.load_state_dict(state)
            except BaseException as error:
                refuse("the weights do not fit the class", words(error)[1:] or words(error))
        model.eval()
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        inputs, dynamic = make_inputs()
        arrays = Arrays(job["reference"], job["arrayBytes"])
        with torch.no_grad():
            try:
                outputs = flat(model(*[value.clone() for value in inputs]))
            except BaseException as error:
                refuse(f"the class does not run on inputs of these shapes: {type(error).__name__}", words(error),
                       "give one --shape for each input, in order: N,1,28,28 or N,12:INT64")
            try:
                program = torch.export.export(model, inputs, dynamic_shapes=dynamic)
            except BaseException as error:
                refuse(f"torch.export cannot follow the class: {type(error).__name__}", words(error),
                       "give a size in place of a name to what cannot stay open; the rest is told by torch.export's manual")
            torch.export.save(program, job["program"])
            for number, value in enumerate(inputs):
                arrays.add(f"in.{number}", value)
            for number, value in enumerate(outputs):
                arrays.add(f"out.{number}", value)
            if job["trace"]:
                trace(program, inputs, arrays)
        arrays.close()
        answer({"version": str(torch.__version__), "notes": notes})
        sys.stdout.flush()
        os._exit(0)
        """#
}
