namespace Skein.Model.Templates;

/// <summary>The variables of one template while it runs, the youngest last; `$` is what it was called with.</summary>
internal sealed class TemplateVariables(TemplateValue dot)
{
    private readonly List<(string Name, TemplateValue Value)> _stack = [("$", dot)];

    public int Count => _stack.Count;

    public TemplateValue? Find(string name) => _stack.FindLastIndex(variable => variable.Name == name) is >= 0 and var at ? _stack[at].Value : null;

    public void Declare(string name, TemplateValue value) => _stack.Add((name, value));

    /// <summary>False: there is no such variable.</summary>
    public bool TryAssign(string name, TemplateValue value)
    {
        var at = _stack.FindLastIndex(variable => variable.Name == name);
        if (at < 0) return false;
        _stack[at] = (name, value);
        return true;
    }

    public void DropTo(int count) => _stack.RemoveRange(count, _stack.Count - count);
}
