namespace Skein.Model.Templates;

/// <summary>What a template knows of its task, in the fields that Docker documents.</summary>
public sealed record TemplateContext
{
    public required string ServiceId { get; init; }

    public required string ServiceName { get; init; }

    public required IEnumerable<KeyValuePair<string, string>> ServiceLabels { get; init; }

    public required string NodeId { get; init; }

    public required string NodeHostname { get; init; }

    public required string NodeOs { get; init; }

    public required string NodeArchitecture { get; init; }

    public required string TaskId { get; init; }

    public required string TaskName { get; init; }

    /// <summary>A task of a global service has its node's id there.</summary>
    public required string TaskSlot { get; init; }

    /// <summary>For hostname, environment and mounts.</summary>
    public TemplateValue ForContainer => Make("*template.Context");

    /// <summary>For what secrets and configs hold; messages give it another name.</summary>
    public TemplateValue ForPayload => Make("*template.PayloadContext");

    private TemplateValue Make(string type) => TemplateValue.Of(
        type,
        ("Service", TemplateValue.Of(
            "struct { ID string; Name string; Labels map[string]string }",
            ("ID", TemplateValue.Of(ServiceId)),
            ("Name", TemplateValue.Of(ServiceName)),
            ("Labels", TemplateValue.Of(ServiceLabels)))),
        ("Node", TemplateValue.Of(
            "struct { ID string; Hostname string; Platform template.Platform }",
            ("ID", TemplateValue.Of(NodeId)),
            ("Hostname", TemplateValue.Of(NodeHostname)),
            ("Platform", TemplateValue.Of("template.Platform", ("Architecture", TemplateValue.Of(NodeArchitecture)), ("OS", TemplateValue.Of(NodeOs)))))),
        ("Task", TemplateValue.Of(
            "struct { ID string; Name string; Slot string }",
            ("ID", TemplateValue.Of(TaskId)),
            ("Name", TemplateValue.Of(TaskName)),
            ("Slot", TemplateValue.Of(TaskSlot)))));
}
