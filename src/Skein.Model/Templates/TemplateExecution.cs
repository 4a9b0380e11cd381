namespace Skein.Model.Templates;

/// <summary>One run of a template: blocks and branches.</summary>
internal sealed partial class TemplateExecution(
    string name, string text, IReadOnlyDictionary<string, IReadOnlyList<TemplateNode>> trees, IReadOnlyDictionary<string, TemplateFunction> functions)
{
    private readonly GoWriter _writer = new();
    private TemplateVariables _variables = new(TemplateValue.Nil.Value);
    private string _tree = "";
    private int _depth;
    private int _steps;
    private long _sum;

    // What messages show: the node that was begun last, whether or not it has ended.
    private TemplateNode? _current;

    private enum Flow
    {
        On,
        NextTurn,
        Leave,
    }

    public string Run(TemplateValue dot)
    {
        (_variables, _tree) = (new TemplateVariables(dot), name);
        Walk(dot, trees[name]);
        return _writer.ToString();
    }

    private Flow Walk(TemplateValue dot, IReadOnlyList<TemplateNode> nodes)
    {
        Deeper();
        foreach (var node in nodes)
        {
            if (Walk(dot, node) is not Flow.On and var flow)
            {
                _depth--;
                return flow;
            }
        }
        _depth--;
        return Flow.On;
    }

    private Flow Walk(TemplateValue dot, TemplateNode node)
    {
        At(node);
        switch (node)
        {
            case TemplateNode.Text text: Write(text.Value); return Flow.On;
            case TemplateNode.Action action: Show(dot, action); return Flow.On;
            case TemplateNode.Jump jump: return jump.Leaves ? Flow.Leave : Flow.NextTurn;
            case TemplateNode.Call call: Call(dot, call); return Flow.On;
            case TemplateNode.Branch { Kind: TemplateNode.BranchKind.Range } range: return Range(dot, range);
            case TemplateNode.Branch branch: return Branch(dot, branch);
            default: throw new InvalidOperationException($"a tree with a {node.GetType().Name}");
        }
    }

    private void Show(TemplateValue dot, TemplateNode.Action action)
    {
        var value = Evaluate(dot, action.Pipe);
        if (action.Pipe.Variables.Length > 0) return;
        At(action);
        Write(Guarded(() => GoPrinter.Show(value)));
    }

    private Flow Branch(TemplateValue dot, TemplateNode.Branch branch)
    {
        var mark = _variables.Count;
        var value = Evaluate(dot, branch.Pipe);
        var inside = branch.Kind == TemplateNode.BranchKind.With && value.Truth ? value : dot;
        var flow = Walk(inside, value.Truth ? branch.Then : branch.Otherwise);
        _variables.DropTo(mark);
        return flow;
    }

    private Flow Range(TemplateValue dot, TemplateNode.Branch range)
    {
        var mark = _variables.Count;
        var value = Evaluate(dot, range.Pipe);
        var turns = Turns(value, range.Pipe.Variables.Length);
        var inside = _variables.Count;
        var any = false;
        var flow = Flow.On;
        foreach (var (key, element) in turns)
        {
            any = true;
            Step();
            SetTurn(range.Pipe, key, element);
            var left = Walk(element, range.Then) == Flow.Leave;
            _variables.DropTo(inside);
            if (left) break;
        }
        if (!any) flow = Walk(dot, range.Otherwise);
        _variables.DropTo(mark);
        return flow;
    }

    private void SetTurn(TemplateNode.Pipeline pipe, TemplateValue key, TemplateValue element)
    {
        if (pipe.Variables.Length > 0) Assign(pipe.Variables[^1], element);
        if (pipe.Variables.Length > 1) Assign(pipe.Variables[0], key);
    }

    // Numbers are counted to since Go 1.24.
    private IEnumerable<(TemplateValue Key, TemplateValue Element)> Turns(TemplateValue value, int variables) => value switch
    {
        TemplateValue.Nil => [],
        TemplateValue.Map map => map.Entries.Select(entry => ((TemplateValue)new TemplateValue.Text(entry.Key), (TemplateValue)new TemplateValue.Text(entry.Value))),
        TemplateValue.List list => list.Items.Select((item, i) => ((TemplateValue)new TemplateValue.Int(i), (TemplateValue)item)),
        TemplateValue.Int or TemplateValue.Byte when variables > 1 => throw Fail($"can't use {GoPrinter.Print([value])} to iterate over more than one variable"),
        TemplateValue.Int number => Count(number.Value),
        TemplateValue.Byte number => Count(number.Value),
        _ => throw Fail($"range can't iterate over {GoPrinter.Show(value)}"),
    };

    private static IEnumerable<(TemplateValue Key, TemplateValue Element)> Count(long end)
    {
        for (var i = 0L; i < end; i++) yield return (TemplateValue.Nil.Value, new TemplateValue.Int(i));
    }

    private void Call(TemplateValue dot, TemplateNode.Call call)
    {
        if (!trees.TryGetValue(call.Name, out var tree)) throw Fail($"template {GoQuotes.Quote(call.Name)} not defined");
        dot = call.Pipe is null ? TemplateValue.Nil.Value : Evaluate(dot, call.Pipe);
        var (outer, caller) = (_variables, _tree);
        (_variables, _tree) = (new TemplateVariables(dot), call.Name);
        Walk(dot, tree);
        (_variables, _tree) = (outer, caller);
    }

    private void Write(string bytes) => Guarded(() =>
    {
        _writer.Append(bytes);
        return bytes;
    });

    // Every string on the way counts: what is kept in variables is kept in memory.
    private string Guarded(Func<string> make)
    {
        try
        {
            var made = make();
            Counted(made.Length);
            return made;
        }
        catch (TemplateException e)
        {
            throw Exceeded(e.Message);
        }
    }

    private void Counted(int bytes)
    {
        _sum += bytes;
        if (_sum > TemplateBounds.LargestSum) throw Exceeded($"more than {TemplateBounds.LargestSum} bytes on the way");
    }

    private void At(TemplateNode node)
    {
        Step();
        _current = node;
    }

    private void Step(int count = 1)
    {
        if ((_steps += count) > TemplateBounds.MostSteps) throw Exceeded($"more than {TemplateBounds.MostSteps} steps");
    }

    private void Deeper()
    {
        if (++_depth > TemplateBounds.DeepestEvaluation) throw Exceeded($"exceeded maximum template depth ({TemplateBounds.DeepestEvaluation})");
    }

    // without a place: what is there may be as large as what it exceeds
    private TemplateException Exceeded(string what) => new($"template: {name}: {what}");

    private TemplateException Fail(string what) =>
        new(GoBytes.ToText($"template: {TemplatePlace.Of(name, text, _current?.Position ?? 0)}: executing {GoQuotes.Quote(_tree)} at <{_current}>: {what}"));
}
