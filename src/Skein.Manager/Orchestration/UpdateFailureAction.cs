namespace Skein.Manager.Orchestration;

internal enum UpdateFailureAction
{
    Pause,
    Continue,
    Rollback,
}
