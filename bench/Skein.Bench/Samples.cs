using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Skein.Bench;

/// <summary>What was measured: figure, engine, values.</summary>
internal sealed class Samples
{
    private readonly List<string> _order = [];
    private readonly Dictionary<(string Figure, string Engine), List<double>> _values = [];

    /// <param name="figure">With its unit at the end: "scale 4→20, ms".</param>
    public void Add(Engine engine, string figure, double value)
    {
        if (!_order.Contains(figure))
            _order.Add(figure);
        if (!_values.TryGetValue((figure, engine.Name), out var values))
            _values[(figure, engine.Name)] = values = [];
        values.Add(value);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {engine.Name}: {figure}: {value:0.0}"));
    }

    public void Print(IReadOnlyList<string> engines)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumn("figure");
        foreach (var engine in engines)
            table.AddColumn(new TableColumn(engine).RightAligned());
        if (engines.Count == 2)
            table.AddColumn(new TableColumn("ratio").RightAligned());
        table.AddColumn(new TableColumn("n").RightAligned());
        foreach (var figure in _order)
        {
            List<string> row = [Markup.Escape(figure)];
            foreach (var engine in engines)
                row.Add(Median(figure, engine) is { } m ? Number(m) : "failed");
            if (engines.Count == 2)
                row.Add(Median(figure, engines[0]) is { } a && Median(figure, engines[1]) is { } b && b > 0 ? (a / b).ToString("0.00", CultureInfo.InvariantCulture) : "");
            row.Add(string.Join('/', engines.Select(e => _values.GetValueOrDefault((figure, e))?.Count ?? 0)));
            table.AddRow([.. row]);
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(table);
    }

    public void Save(string path)
    {
        var all = new JsonObject();
        foreach (var ((figure, engine), values) in _values)
        {
            var byEngine = all[figure] as JsonObject ?? [];
            byEngine[engine] = new JsonArray([.. values.Select(v => (JsonNode)v)]);
            all[figure] = byEngine;
        }

        File.WriteAllText(path, all.ToJsonString(new() { WriteIndented = true }));
    }

    private double? Median(string figure, string engine)
    {
        if (!_values.TryGetValue((figure, engine), out var values))
            return null;
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Number(double value) => value.ToString(value >= 100 ? "#,0" : "0.0", CultureInfo.InvariantCulture);
}
