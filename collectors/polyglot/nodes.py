"""The kinds of nodes that grammars have, by what they mean here; words apart by spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tree_sitter import Node

    from collectors.polyglot.expressions import Expr


class Conversion(Protocol):
    """What turns the nodes of one tree into expressions."""

    def expr(self, node: Node | None, depth: int = 0) -> Expr:
        """The expression of a node."""
        ...

    def all(self, nodes: list[Node], depth: int) -> tuple[Expr, ...]:
        """The expressions of several nodes, without comments."""
        ...

    def inside(self, tokens: Node, depth: int) -> tuple[Expr, ...]:
        """The arguments of a macro, which its grammar leaves as mere tokens."""
        ...


SKIPPED = frozenset({"comment", "line_comment", "block_comment", "interpolation_brace"})
"""Nodes that mean nothing."""

CONTENTS = frozenset(
    {"string_content", "string_fragment", "interpreted_string_literal_content",
     "raw_string_literal_content", "string_literal_content", "escape_sequence",
     "multiline_string_fragment", "raw_string_content"}
)  # fmt: skip
TEXTS = """
    string_literal interpreted_string_literal raw_string_literal string encapsed_string
    template_string interpolated_string_expression verbatim_string_literal text_block
    multiline_string_literal line_string_literal character_literal heredoc nowdoc
"""
NAMES = """
    identifier simple_identifier type_identifier field_identifier property_identifier constant
    name variable_name shorthand_property_identifier package_identifier this self
    namespace_identifier predefined_type simple_symbol
"""
MEMBERS = """
    selector_expression field_access member_expression member_access_expression
    navigation_expression field_expression scoped_identifier qualified_name scope_resolution
    class_constant_access_expression scoped_property_access_expression
    nullsafe_member_access_expression scoped_type_identifier qualified_type user_type
    scoped_call
"""
INDEXES = """
    subscript_expression index_expression element_access_expression element_reference
    indexing_expression array_access
"""
CALLS = """
    call_expression method_invocation invocation_expression call function_call_expression
    member_call_expression scoped_call_expression macro_invocation
    nullsafe_member_call_expression
"""
NEWS = """
    object_creation_expression new_expression composite_literal struct_expression
    implicit_object_creation_expression
"""
LISTS = """
    object hash array_creation_expression array literal_value initializer_expression
    anonymous_object_creation_expression element_value_array_initializer list_literal
    collection_expression collection_literal array_expression array_initializer
    implicit_array_creation_expression field_initializer_list slice_literal
"""
WRAPPERS = """
    parenthesized_expression await_expression as_expression non_null_expression
    satisfies_expression reference_expression try_expression cast_expression
    type_conversion_expression postfix_unary_expression literal_element argument spread_element
    unary_expression pointer_expression checked_expression element_value
    type_assertion_expression parenthesized_statements bracketed_argument_list
    attribute_argument unary_op_expression await delimited_parameters as_pattern
    equals_value_clause arrow_expression_clause prefix_expression return_expression
"""
FUNCTIONS = "lambda_expression arrow_function anonymous_method_expression func_literal"
NUMBERS = """
    number int_literal decimal_integer_literal integer integer_literal number_literal
    float_literal
"""
PAIRS = """
    pair keyed_element array_element_initializer field_initializer element_value_pair
    value_argument assignment_expression keyword_argument
"""
CONDITIONS = "conditional_expression ternary_expression conditional"
BINARIES = """
    binary_expression binary additive_expression infix_expression elvis_expression
    disjunction_expression
"""


def text_of(node: Node | None) -> str:
    """The source text of a node."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""


def field(node: Node, *names: str) -> Node | None:
    """The first child that has one of these field names."""
    for name in names:
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    return None
