namespace Skein.ClusterTests.Model;

/// <summary>One thing that a user does, or that befalls the host; one line of the log, from which it can be done again.</summary>
internal sealed record Step(string Verb, string Subject = "", string Detail = "")
{
    public override string ToString() => $"{Verb} {Subject} {Detail}".TrimEnd();

    public static Step Parse(string line) => line.Split(' ', 3) switch
    {
        [var verb] => new(verb),
        [var verb, var subject] => new(verb, subject),
        [var verb, var subject, var detail] => new(verb, subject, detail),
        _ => throw new FormatException(line),
    };
}
