"""A program's declarations as names, and its instances (P4_16 §11.3, §15, §18.3)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from compiler import syntax
from tests.fuzz.evaluator.calls import Returned
from tests.fuzz.evaluator.convert import convert
from tests.fuzz.evaluator.externs import Externs
from tests.fuzz.evaluator.scopes import (
    Block,
    ExternName,
    GenericType,
    Instance,
    Register,
    Routine,
    Scope,
    Table,
    TypeName,
    ValueSet,
)
from tests.fuzz.evaluator.types import EnumType, Type
from tests.fuzz.evaluator.values import Scalar, Value, default


class Declarations(Externs):
    """The global names of a program. `tables` and `value_sets` are those of all instances, by control-plane name."""

    def __init__(self, program: syntax.Program) -> None:
        self.tables: dict[str, Table] = {}
        self.value_sets: dict[str, ValueSet] = {}
        self.registers: dict[str, Register] = {}
        self.written_rules = {}
        self.globals = Scope()
        self.package: syntax.Instantiation | None = None
        errors = [m.text for d in program.declarations if isinstance(d, syntax.ErrorDeclaration) for m in d.members]
        self.errors = EnumType("error", tuple(errors))
        self.globals.names["error"] = TypeName(self.errors)
        for declaration in program.declarations:
            self.declare_global(declaration)

    def declare_global(self, declaration: syntax.Declaration) -> None:
        names, scope = self.globals.names, self.globals
        match declaration:
            case syntax.ErrorDeclaration() | syntax.MatchKindDeclaration() | syntax.PackageTypeDeclaration():
                pass
            case syntax.StructDeclaration() | syntax.HeaderDeclaration():
                names[declaration.name.text] = (
                    GenericType(declaration)
                    if declaration.type_parameters
                    else TypeName(self.struct_type(declaration, scope))
                )
            case syntax.HeaderUnionDeclaration():
                names[declaration.name.text] = TypeName(self.struct_type(declaration, scope))
            case syntax.EnumDeclaration(name=name, members=members):
                names[name.text] = TypeName(EnumType(name.text, tuple(m.text for m in members)))
            case syntax.SerializableEnumDeclaration(name=name):
                names[name.text] = TypeName(self.serializable_enum(declaration, scope))
            case syntax.TypedefDeclaration(name=name, type=type_) | syntax.NewTypeDeclaration(name=name, type=type_):
                assert isinstance(type_, syntax.TypeRef)
                names[name.text] = TypeName(self.type_of(type_, scope))
            case syntax.ConstantDeclaration():
                self.declare(declaration, scope)
            case syntax.FunctionDeclaration(name=name) | syntax.ActionDeclaration(name=name):
                names[name.text] = Routine(declaration, scope)
            case syntax.ParserDeclaration(name=name) | syntax.ControlDeclaration(name=name):
                names[name.text] = Block(declaration)
            case syntax.ExternDeclaration(name=name):
                names[name.text] = ExternName(name.text)
            case syntax.Instantiation():
                self.package = declaration

    def instantiate(self, block: Block, arguments: Sequence[Value], path: str) -> Instance:
        """A parser or control with everything declared in it: instances, actions, tables, value sets.

        Variables and constants are left to `run_instance`, since they start anew in every call.
        """
        declaration = block.declaration
        scope = Scope(self.globals)
        for position, parameter in enumerate(declaration.constructor_parameters):
            if position < len(arguments):
                value = arguments[position]
            else:
                assert parameter.default is not None
                value = self.evaluate(parameter.default, scope)
            scope.names[parameter.name.text] = convert(value, self.type_of(parameter.type, scope))
        return Instance(declaration, scope, path)

    def begin(self, instance: Instance, scope: Scope) -> None:
        """Declare a block's locals in `scope`, where its parameters are."""
        scope.path = instance.path
        for local in instance.declaration.locals:
            path = f"{instance.path}.{local.name.text}"
            match local:
                case syntax.ConstantDeclaration() | syntax.VariableDeclaration():
                    self.declare(local, scope)
                case syntax.ActionDeclaration(name=name):
                    scope.names[name.text] = Routine(local, scope)
                case syntax.TableDeclaration(name=name):
                    if path not in self.tables:
                        self.tables[path] = Table(local, scope, path, self.program_rules(local, scope))
                    scope.names[name.text] = Table(local, scope, path, self.tables[path].rules)
                case syntax.ValueSetDeclaration(name=name):
                    scope.names[name.text] = self.value_sets.setdefault(path, ValueSet(path))
                case syntax.Instantiation(name=name):
                    scope.names[name.text] = self.instance(local, scope, path)

    def instance(self, local: syntax.Instantiation, scope: Scope, path: str) -> Instance | Register:
        arguments = [self.evaluate(a.value, scope) for a in local.arguments]
        match local.type:
            case syntax.NamedTypeRef(name=name):
                block = scope.find(name)
                assert isinstance(block, Block), name
                return self.instantiate(block, arguments, path)
            case syntax.SpecializedTypeRef(base=base, arguments=types) if base.name == "register":
                if path not in self.registers:
                    size = arguments[0]
                    assert isinstance(size, Scalar)
                    element = self.type_of(types[0], scope)
                    self.registers[path] = Register(element, [zero(element) for _ in range(size.value)])
                return self.registers[path]
        raise TypeError(f"an instance of {local.type} at {local.span}")

    def run_instance(self, instance: Instance, scope: Scope) -> None:
        self.begin(instance, scope)
        declaration = instance.declaration
        if isinstance(declaration, syntax.ParserDeclaration):
            self.run_states(declaration.states, scope)
        else:
            with suppress(Returned):
                self.run_block(declaration.body, scope)


def zero(type_: Type) -> Scalar:
    value = default(type_)
    assert isinstance(value, Scalar)
    return value
