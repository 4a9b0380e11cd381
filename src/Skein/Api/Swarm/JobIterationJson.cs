namespace Skein.Api.Swarm;

/// <summary>Which run of a job. Docker leaves the number of the first out.</summary>
internal sealed record JobIterationJson(ulong? Index)
{
    public static JobIterationJson Of(ulong iteration) => new(iteration == 0 ? null : iteration);
}
