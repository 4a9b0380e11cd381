using System.Collections.Immutable;

namespace Skein.Model.Templates;

/// <summary>What stands within an action: declarations, commands and their words.</summary>
internal sealed partial class TemplateParser
{
    private TemplateNode.Pipeline Pipeline(string context, TokenKind end)
    {
        Enter();
        var position = PeekWord().Position;
        var variables = Declarations(context, out var assigns);
        var commands = new List<TemplateNode.Command>();
        for (var token = NextWord(); token.Kind != end; token = NextWord())
        {
            if (!BeginsOperand(token)) throw Unexpected(token, context);
            _at--;
            commands.Add(Command());
        }
        Check(commands, context);
        _depth--;
        return new TemplateNode.Pipeline(position, assigns, variables, commands);
    }

    private static bool BeginsOperand(TemplateToken token) => token.Kind switch
    {
        TokenKind.Bool or TokenKind.Character or TokenKind.Number or TokenKind.Quoted or TokenKind.Raw => true,
        TokenKind.Field or TokenKind.Identifier or TokenKind.Variable or TokenKind.LeftParenthesis => true,
        TokenKind.Keyword => token.Text is "." or "nil",
        _ => false,
    };

    // $x := …, $x = …, and for range $i, $x := …; a variable that nothing of that follows is an argument.
    private ImmutableArray<string> Declarations(string context, out bool assigns)
    {
        assigns = false;
        var variables = ImmutableArray.CreateBuilder<string>();
        while (PeekWord() is { Kind: TokenKind.Variable } variable)
        {
            var before = _at;
            Next();
            var next = NextWord();
            if (next is { Kind: TokenKind.Assign or TokenKind.Declare })
            {
                assigns = next.Kind == TokenKind.Assign;
                Declare(variables, variable.Text);
                break;
            }
            if (next is not { Kind: TokenKind.Other, Text: "," })
            {
                _at = before;
                break;
            }
            Declare(variables, variable.Text);
            if (context != "range" || variables.Count > 1) throw Fail($"too many declarations in {context}");
            if (PeekWord().Kind is not (TokenKind.Variable or TokenKind.RightDelimiter or TokenKind.RightParenthesis))
                throw Fail("range can only initialize variables");
        }
        return variables.ToImmutable();
    }

    private void Declare(ImmutableArray<string>.Builder variables, string variable)
    {
        if (_scope.Variables.Count >= TemplateBounds.MostVariables) throw Fail($"more than {TemplateBounds.MostVariables} variables at once");
        variables.Add(variable);
        _scope.Variables.Add(variable);
    }

    private void Check(List<TemplateNode.Command> commands, string context)
    {
        if (commands.Count == 0) throw Fail($"missing value for {context}");
        for (var i = 1; i < commands.Count; i++)
        {
            if (commands[i].Words[0] is TemplateNode.Literal or TemplateNode.Dot or TemplateNode.Nil)
                throw Fail($"non executable command in pipeline stage {i + 1}");
        }
    }

    private TemplateNode.Command Command()
    {
        var position = PeekWord().Position;
        var words = new List<TemplateNode>();
        while (true)
        {
            if (Operand() is { } word) words.Add(word);
            var token = Next();
            if (token.Kind == TokenKind.Space) continue;
            if (token.Kind is TokenKind.RightDelimiter or TokenKind.RightParenthesis) _at--;
            else if (token.Kind != TokenKind.Pipe) throw Unexpected(token, "operand");
            return words.Count > 0 ? new TemplateNode.Command(position, words) : throw Fail("empty command");
        }
    }

    private TemplateNode? Operand()
    {
        var term = Term();
        if (term is null || Peek() is not { Kind: TokenKind.Field } first) return term;
        var fields = ImmutableArray.CreateBuilder<string>();
        while (Peek() is { Kind: TokenKind.Field } field)
        {
            fields.Add(field.Text[1..]);
            Next();
        }
        return term switch
        {
            TemplateNode.Field of => new TemplateNode.Field(first.Position, [.. of.Names, .. fields]),
            TemplateNode.Variable of => new TemplateNode.Variable(first.Position, of.Name, fields.ToImmutable()),
            TemplateNode.Literal or TemplateNode.Nil or TemplateNode.Dot => throw Fail($"unexpected . after term {GoQuotes.Quote($"{term}")}"),
            _ => new TemplateNode.Chain(first.Position, term, fields.ToImmutable()),
        };
    }

    private TemplateNode? Term()
    {
        var token = NextWord();
        switch (token.Kind)
        {
            case TokenKind.Identifier when functions.ContainsKey(token.Text): return new TemplateNode.Identifier(token.Position, token.Text);
            case TokenKind.Identifier: throw Fail($"function {GoQuotes.Quote(token.Text)} not defined");
            case TokenKind.Keyword when token.Text == ".": return new TemplateNode.Dot(token.Position);
            case TokenKind.Keyword when token.Text == "nil": return new TemplateNode.Nil(token.Position);
            case TokenKind.Variable: return Variable(token);
            case TokenKind.Field: return new TemplateNode.Field(token.Position, [token.Text[1..]]);
            case TokenKind.Bool: return new TemplateNode.Literal(token.Position, token.Text, new TemplateValue.Bool(token.Text == "true"));
            case TokenKind.Character or TokenKind.Number: return Number(token);
            case TokenKind.LeftParenthesis: return Pipeline("parenthesized pipeline", TokenKind.RightParenthesis);
            case TokenKind.Quoted or TokenKind.Raw: return new TemplateNode.Literal(token.Position, token.Text, new TemplateValue.Text(Unquote(token)));
        }
        _at--;
        return null;
    }

    private TemplateNode.Variable Variable(TemplateToken token) => _scope.Variables.Contains(token.Text)
        ? new TemplateNode.Variable(token.Position, token.Text, [])
        : throw Fail($"undefined variable {GoQuotes.Quote(token.Text)}");

    private TemplateNode.Literal Number(TemplateToken token)
    {
        try
        {
            return new TemplateNode.Literal(token.Position, token.Text, GoLiterals.Number(token.Text));
        }
        catch (TemplateException e)
        {
            throw Fail(e.Message);
        }
    }
}
