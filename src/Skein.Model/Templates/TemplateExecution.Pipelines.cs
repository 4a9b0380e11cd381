using System.Collections.Immutable;

namespace Skein.Model.Templates;

/// <summary>Values of pipelines, commands and their words.</summary>
internal sealed partial class TemplateExecution
{
    private TemplateValue Evaluate(TemplateValue dot, TemplateNode.Pipeline pipe)
    {
        Deeper();
        At(pipe);
        TemplateValue? value = null;
        foreach (var command in pipe.Commands) value = Evaluate(dot, command, value);
        var result = value ?? TemplateValue.Nil.Value;
        foreach (var variable in pipe.Variables)
        {
            if (pipe.Assigns) Assign(variable, result);
            else _variables.Declare(variable, result);
        }
        _depth--;
        return result;
    }

    private void Assign(string variable, TemplateValue value)
    {
        if (!_variables.TryAssign(variable, value)) throw Fail($"undefined variable: {variable}");
    }

    /// <summary>`piped` is what the command before yields, and this one's last argument; null: it is the first.</summary>
    private TemplateValue Evaluate(TemplateValue dot, TemplateNode.Command command, TemplateValue? piped)
    {
        var first = command.Words[0];
        var hasArguments = command.Words.Count > 1 || piped is not null;
        switch (first)
        {
            case TemplateNode.Identifier function: return Invoke(dot, function, command, command.Words.Skip(1), piped);
            case TemplateNode.Field or TemplateNode.Chain or TemplateNode.Variable { Fields.Length: > 0 }: return Value(dot, first, hasArguments);
        }
        if (first is not TemplateNode.Pipeline) At(first);
        if (hasArguments) throw Fail($"can't give argument to non-function {first}");
        if (first is TemplateNode.Nil) throw Fail("nil is not a command");
        return Value(dot, first, hasArguments: false);
    }

    /// <summary>Of a word wherever it stands.</summary>
    private TemplateValue Value(TemplateValue dot, TemplateNode node, bool hasArguments)
    {
        if (node is not TemplateNode.Pipeline) At(node);
        switch (node)
        {
            case TemplateNode.Dot: return dot;
            case TemplateNode.Nil: return TemplateValue.Nil.Value;
            case TemplateNode.Literal literal: return literal.Value ?? throw Fail($"{literal} overflows int");
            case TemplateNode.Pipeline pipe: return Evaluate(dot, pipe);
            case TemplateNode.Identifier function: return Invoke(dot, function, function, [], null);
            case TemplateNode.Field field: return Select(dot, field.Names, hasArguments);
            case TemplateNode.Variable variable: return Select(Find(variable.Name), variable.Fields, hasArguments);
            case TemplateNode.Chain { From: TemplateNode.Nil }: throw Fail($"indirection through explicit nil in {node}");
            case TemplateNode.Chain chain: return Select(Value(dot, chain.From, hasArguments: false), chain.Fields, hasArguments);
            default: throw Fail($"can't evaluate command {GoQuotes.Quote($"{node}")}");
        }
    }

    private TemplateValue Find(string variable) => _variables.Find(variable) ?? throw Fail($"undefined variable: {variable}");

    private TemplateValue Select(TemplateValue from, ImmutableArray<string> fields, bool hasArguments)
    {
        for (var i = 0; i < fields.Length; i++) from = Select(from, fields[i], hasArguments && i == fields.Length - 1);
        return from;
    }

    private TemplateValue Select(TemplateValue from, string field, bool hasArguments)
    {
        switch (from)
        {
            case TemplateValue.Nil: throw Fail($"nil data; no entry for key {GoQuotes.Quote(field)}");
            case TemplateValue.Struct fields when fields.Find(field) is { } value:
                return hasArguments ? throw Fail($"{field} has arguments but cannot be invoked as function") : value;
            case TemplateValue.Map when hasArguments: throw Fail($"{field} is not a method but has arguments");
            case TemplateValue.Map map:
                return map.Entries.TryGetValue(field, out var entry)
                    ? new TemplateValue.Text(entry)
                    : throw Fail($"map has no entry for key {GoQuotes.Quote(field)}");
            default: throw Fail($"can't evaluate field {field} in type {from.Type}");
        }
    }

    private TemplateValue Invoke(
        TemplateValue dot, TemplateNode.Identifier node, TemplateNode call, IEnumerable<TemplateNode> words, TemplateValue? piped)
    {
        At(node);
        var function = functions[node.Name];
        var arguments = words.ToList();
        CheckCount(function, arguments.Count, arguments.Count + (piped is null ? 0 : 1));
        if (node.Name is GoBuiltins.And or GoBuiltins.Or) return Decide(dot, node.Name == GoBuiltins.Or, arguments, piped);
        var values = new List<TemplateValue>();
        foreach (var argument in arguments) values.Add(Argument(dot, argument, KindOf(function, values.Count)));
        if (piped is not null) values.Add(Checked(piped, KindOf(function, values.Count)));
        return Invoke(function, call, [.. values]);
    }

    private TemplateValue Invoke(TemplateFunction function, TemplateNode call, TemplateValue[] values)
    {
        foreach (var argument in values) Step(argument is TemplateValue.Text read ? read.Bytes.Length / TemplateBounds.BytesPerStep : 0);
        try
        {
            var value = function.Body(values);
            if (value is TemplateValue.Text text) Counted(text.Bytes.Length);
            return value;
        }
        catch (TemplateException e)
        {
            At(call);
            throw Fail($"error calling {function.Name}: {e.Message}");
        }
    }

    private void CheckCount(TemplateFunction function, int written, int count)
    {
        if (function.Rest is null && count != function.Parameters.Count)
            throw Fail($"wrong number of args for {function.Name}: want {function.Parameters.Count} got {count}");
        if (count < function.Parameters.Count)
            throw Fail($"wrong number of args for {function.Name}: want at least {function.Parameters.Count} got {written}");
    }

    private static ParameterKind KindOf(TemplateFunction function, int index) =>
        index < function.Parameters.Count ? function.Parameters[index] : function.Rest ?? ParameterKind.Any;

    // The first that decides; those after it are not evaluated.
    private TemplateValue Decide(TemplateValue dot, bool wanted, List<TemplateNode> arguments, TemplateValue? piped)
    {
        TemplateValue value = TemplateValue.Nil.Value;
        foreach (var argument in arguments)
        {
            value = Argument(dot, argument, ParameterKind.Any);
            if (value.Truth == wanted) return value;
        }
        return piped ?? value;
    }

    private TemplateValue Argument(TemplateValue dot, TemplateNode node, ParameterKind kind)
    {
        At(node);
        if (kind == ParameterKind.Any) return Value(dot, node, hasArguments: false);
        return node switch
        {
            TemplateNode.Nil => throw Fail("cannot assign nil to string"),
            TemplateNode.Literal { Value: not TemplateValue.Text } => throw Fail($"expected string; found {node}"),
            _ => Checked(Value(dot, node, hasArguments: false), kind),
        };
    }

    private TemplateValue Checked(TemplateValue value, ParameterKind kind) => value switch
    {
        _ when kind == ParameterKind.Any => value,
        TemplateValue.Text => value,
        TemplateValue.Nil => throw Fail("invalid value; expected string"),
        _ => throw Fail($"wrong type for value; expected string; got {value.Type}"),
    };
}
