namespace Skein.Model.Templates;

/// <summary>Text, blocks and branches.</summary>
internal sealed partial class TemplateParser
{
    private List<TemplateNode> Block(out TemplateNode end)
    {
        Enter();
        var nodes = new List<TemplateNode>();
        while (PeekWord().Kind != TokenKind.End)
        {
            var node = TextOrAction();
            if (node is TemplateNode.End or TemplateNode.Else)
            {
                end = node;
                _depth--;
                return nodes;
            }
            nodes.Add(node);
        }
        throw Fail("unexpected EOF");
    }

    private TemplateNode TextOrAction()
    {
        var token = NextWord();
        if (token.Kind == TokenKind.Text) return new TemplateNode.Text(token.Position, token.Text);
        if (token.Kind != TokenKind.LeftDelimiter) throw Unexpected(token, "input");
        _scope.ActionLine = token.Line;
        var action = Action();
        _scope.ActionLine = 0;
        return action;
    }

    private TemplateNode Action()
    {
        var token = NextWord();
        if (token.Kind == TokenKind.Keyword)
        {
            switch (token.Text)
            {
                case "block": return BlockClause();
                case "break" or "continue": return Jump(token);
                case "else": return Else();
                case "end": return new TemplateNode.End(Expect(TokenKind.RightDelimiter, "end").Position);
                case "if": return Branch(TemplateNode.BranchKind.If, "if");
                case "range": return Branch(TemplateNode.BranchKind.Range, "range");
                case "template": return Call();
                case "with": return Branch(TemplateNode.BranchKind.With, "with");
            }
        }
        _at--;
        return new TemplateNode.Action(Pipeline("command", TokenKind.RightDelimiter));
    }

    private TemplateNode.Jump Jump(TemplateToken keyword)
    {
        var shown = $"{{{{{keyword.Text}}}}}";
        Expect(TokenKind.RightDelimiter, shown);
        return _scope.Ranges > 0 ? new TemplateNode.Jump(keyword.Position, keyword.Text == "break") : throw Fail($"{shown} outside {{{{range}}}}");
    }

    // "else if" leaves the if to whoever asked for the branch; so does "else with", which Go has had since 1.23.
    private TemplateNode.Else Else()
    {
        var next = PeekWord();
        if (next.Is("if") || next.Is("with")) return new TemplateNode.Else(next.Position, next.Text);
        return new TemplateNode.Else(Expect(TokenKind.RightDelimiter, "else").Position, null);
    }

    private TemplateNode.Branch Branch(TemplateNode.BranchKind kind, string keyword)
    {
        Enter();
        var variables = _scope.Variables.Count;
        var pipe = Pipeline(keyword, TokenKind.RightDelimiter);
        var range = kind == TemplateNode.BranchKind.Range ? 1 : 0;
        _scope.Ranges += range;
        var then = Block(out var end);
        _scope.Ranges -= range;
        var otherwise = end is TemplateNode.Else other ? Otherwise(kind, keyword, other) : [];
        _scope.Variables.RemoveRange(variables, _scope.Variables.Count - variables);
        _depth--;
        return new TemplateNode.Branch(kind, pipe, then, otherwise);
    }

    private List<TemplateNode> Otherwise(TemplateNode.BranchKind kind, string keyword, TemplateNode.Else other)
    {
        if (kind != TemplateNode.BranchKind.Range && other.Keyword == keyword)
        {
            NextWord();
            return [Branch(kind, keyword)];   // the end that closes it closes this one as well
        }
        var nodes = Block(out var end);
        return end is TemplateNode.End ? nodes : throw Fail($"expected end; found {end}");
    }

    private TemplateNode.Call Call()
    {
        const string Context = "template clause";
        var token = NextWord();
        var called = Name(token, Context);
        if (NextWord().Kind == TokenKind.RightDelimiter) return new TemplateNode.Call(token.Position, called, null);
        _at--;
        return new TemplateNode.Call(token.Position, called, Pipeline(Context, TokenKind.RightDelimiter));
    }

    private TemplateNode.Call BlockClause()
    {
        const string Context = "block clause";
        var token = NextWord();
        var defined = Name(token, Context);
        var pipe = Pipeline(Context, TokenKind.RightDelimiter);
        Add(defined, BodyOf(Context));
        return new TemplateNode.Call(token.Position, defined, pipe);
    }
}
