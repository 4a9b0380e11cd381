namespace Skein.ClusterTests.Model;

internal enum Phase
{
    Created,
    Running,
    Paused,
    Exited,
}
