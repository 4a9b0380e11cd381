using System.Collections.Immutable;

namespace Skein.Model.Templates;

/// <summary>A piece of a template's tree. Its text is what messages show; its position is a byte of the template.</summary>
internal abstract class TemplateNode(int position)
{
    public int Position { get; } = position;

    internal sealed class Text(int position, string text) : TemplateNode(position)
    {
        public string Value { get; } = text;
    }

    internal sealed class Action(Pipeline pipe) : TemplateNode(pipe.Position)
    {
        public Pipeline Pipe { get; } = pipe;
    }

    internal enum BranchKind
    {
        If,
        With,
        Range,
    }

    internal sealed class Branch(BranchKind kind, Pipeline pipe, IReadOnlyList<TemplateNode> then, IReadOnlyList<TemplateNode> otherwise)
        : TemplateNode(pipe.Position)
    {
        public BranchKind Kind { get; } = kind;

        public Pipeline Pipe { get; } = pipe;

        public IReadOnlyList<TemplateNode> Then { get; } = then;

        public IReadOnlyList<TemplateNode> Otherwise { get; } = otherwise;
    }

    /// <summary>{{break}} and {{continue}}.</summary>
    internal sealed class Jump(int position, bool leaves) : TemplateNode(position)
    {
        /// <summary>Of the range, and not just of this turn.</summary>
        public bool Leaves { get; } = leaves;
    }

    /// <summary>{{template "name" pipeline}}</summary>
    internal sealed class Call(int position, string name, Pipeline? pipe) : TemplateNode(position)
    {
        public string Name { get; } = name;

        public Pipeline? Pipe { get; } = pipe;

        public override string ToString() => $"{{{{template {GoQuotes.Quote(Name)}{(Pipe is null ? "" : $" {Pipe}")}}}}}";
    }

    /// <summary>Ends a list while the template is read.</summary>
    internal sealed class End(int position) : TemplateNode(position)
    {
        public override string ToString() => "{{end}}";
    }

    /// <summary>The same, and what follows is another branch; its keyword (if, with) where there is one.</summary>
    internal sealed class Else(int position, string? keyword) : TemplateNode(position)
    {
        public string? Keyword { get; } = keyword;

        public override string ToString() => "{{else}}";
    }

    internal sealed class Pipeline(int position, bool assigns, ImmutableArray<string> variables, IReadOnlyList<Command> commands) : TemplateNode(position)
    {
        public bool Assigns { get; } = assigns;

        public ImmutableArray<string> Variables { get; } = variables;

        public IReadOnlyList<Command> Commands { get; } = commands;

        public override string ToString() =>
            (Variables.Length > 0 ? $"{string.Join(", ", Variables)} := " : "") + string.Join(" | ", Commands);
    }

    internal sealed class Command(int position, IReadOnlyList<TemplateNode> words) : TemplateNode(position)
    {
        public IReadOnlyList<TemplateNode> Words { get; } = words;

        public override string ToString() => string.Join(' ', Words.Select(word => word is Pipeline ? $"({word})" : $"{word}"));
    }

    /// <summary>A function's name.</summary>
    internal sealed class Identifier(int position, string name) : TemplateNode(position)
    {
        public string Name { get; } = name;

        public override string ToString() => Name;
    }

    internal sealed class Dot(int position) : TemplateNode(position)
    {
        public override string ToString() => ".";
    }

    internal sealed class Nil(int position) : TemplateNode(position)
    {
        public override string ToString() => "nil";
    }

    /// <summary>true, 1, 'x', "text": its value, and how it was written.</summary>
    internal sealed class Literal(int position, string written, TemplateValue? value) : TemplateNode(position)
    {
        /// <summary>null: a whole number that an int does not hold. Only what uses it fails.</summary>
        public TemplateValue? Value { get; } = value;

        public override string ToString() => written;
    }

    /// <summary>.A.B</summary>
    internal sealed class Field(int position, ImmutableArray<string> names) : TemplateNode(position)
    {
        public ImmutableArray<string> Names { get; } = names;

        public override string ToString() => "." + string.Join('.', Names);
    }

    /// <summary>$x.A.B</summary>
    internal sealed class Variable(int position, string name, ImmutableArray<string> fields) : TemplateNode(position)
    {
        public string Name { get; } = name;

        public ImmutableArray<string> Fields { get; } = fields;

        public override string ToString() => string.Join('.', [Name, .. Fields]);
    }

    /// <summary>(pipeline).A.B</summary>
    internal sealed class Chain(int position, TemplateNode from, ImmutableArray<string> fields) : TemplateNode(position)
    {
        public TemplateNode From { get; } = from;

        public ImmutableArray<string> Fields { get; } = fields;

        public override string ToString() => $"{(From is Pipeline ? $"({From})" : $"{From}")}.{string.Join('.', Fields)}";
    }
}
