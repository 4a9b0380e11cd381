namespace Skein.Model.Templates;

/// <summary>Makes trees of a template: its own, and one for each `define` and `block` in it.</summary>
internal sealed partial class TemplateParser(string name, string text, IReadOnlyDictionary<string, TemplateFunction> functions)
{
    private const int Window = 4;   // what is taken back is at most three tokens

    private readonly TemplateLexer _lexer = new(text);
    private readonly TemplateToken[] _tokens = new TemplateToken[Window];
    private readonly Dictionary<string, IReadOnlyList<TemplateNode>> _trees = new(StringComparer.Ordinal);
    private TemplateScope _scope = new();
    private int _read;
    private int _at;
    private int _depth;

    public IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>> Parse()
    {
        var root = new List<TemplateNode>();
        while (Peek().Kind != TokenKind.End)
        {
            var before = _at;
            if (Next().Kind == TokenKind.LeftDelimiter && NextWord().Is("define"))
            {
                Define();
                continue;
            }
            _at = before;
            var node = TextOrAction();
            if (node is TemplateNode.End or TemplateNode.Else) throw Fail($"unexpected {node}");
            root.Add(node);
        }
        Add(name, root);
        return _trees;
    }

    private void Define()
    {
        const string Context = "define clause";
        var defined = Name(NextWord(), Context);
        Expect(TokenKind.RightDelimiter, Context);
        Add(defined, BodyOf(Context));
    }

    private List<TemplateNode> BodyOf(string context)
    {
        var outer = _scope;
        _scope = new TemplateScope();
        var body = Block(out var end);
        if (end is not TemplateNode.End) throw Fail($"unexpected {end} in {context}");
        _scope = outer;
        return body;
    }

    // One that holds nothing gives way to one that does.
    private void Add(string defined, List<TemplateNode> tree)
    {
        if (_trees.TryGetValue(defined, out var present) && !IsEmpty(present))
        {
            if (IsEmpty(tree)) return;
            throw Fail($"template: multiple definition of template {GoQuotes.Quote(defined)}");
        }
        _trees[defined] = tree;
    }

    private static bool IsEmpty(IEnumerable<TemplateNode> tree) => tree.All(node => node is TemplateNode.Text { Value: var text } && string.IsNullOrWhiteSpace(text));

    private TemplateToken Next()
    {
        if (_at == _read) _tokens[_read++ % Window] = _lexer.Next();
        return _tokens[_at++ % Window];
    }

    private TemplateToken Peek()
    {
        var token = Next();
        _at--;
        return token;
    }

    private TemplateToken NextWord()
    {
        TemplateToken token;
        do token = Next();
        while (token.Kind == TokenKind.Space);
        return token;
    }

    private TemplateToken PeekWord()
    {
        var token = NextWord();
        _at--;
        return token;
    }

    private TemplateToken Expect(TokenKind kind, string context)
    {
        var token = NextWord();
        return token.Kind == kind ? token : throw Unexpected(token, context);
    }

    private string Name(TemplateToken token, string context) =>
        token.Kind is TokenKind.Quoted or TokenKind.Raw ? Unquote(token) : throw Unexpected(token, context);

    private string Unquote(TemplateToken token) => GoQuotes.Unquote(token.Text) ?? throw Fail("invalid syntax");

    private TemplateException Unexpected(TemplateToken token, string context)
    {
        if (token.Kind != TokenKind.Error) return Fail($"unexpected {token} in {context}");
        if (_scope.ActionLine == 0 || _scope.ActionLine == token.Line) return Fail($"{token}");
        var where = $"started at {name}:{_scope.ActionLine}";
        return Fail(token.Text.EndsWith(" action", StringComparison.Ordinal) ? $"{token} {where}" : $"{token} in action {where}");
    }

    // Go names the line of the token that was read last, wherever the mistake is.
    private TemplateException Fail(string what) => new(GoBytes.ToText($"template: {name}:{_tokens[(_read - 1) % Window].Line}: {what}"));

    private void Enter()
    {
        if (++_depth > TemplateBounds.DeepestText) throw Fail($"more than {TemplateBounds.DeepestText} blocks and parentheses within one another");
    }
}
