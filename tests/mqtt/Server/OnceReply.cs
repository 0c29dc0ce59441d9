using System.Threading.Tasks.Sources;

namespace SmartCity.Mqtt.Tests;

/// <summary>An owner's answer that is there at once and may be taken once, as one that comes from a pool: who takes it again takes somebody else's.</summary>
internal sealed class OnceReply(PublishReply reply) : IValueTaskSource<PublishReply>
{
    private int _taken;

    public static ValueTask<PublishReply> Of(PublishReply reply) => new(new OnceReply(reply), 0);

    public PublishReply GetResult(short token) => Interlocked.Increment(ref _taken) == 1 ? reply : throw new InvalidOperationException("the answer was taken already");

    public ValueTaskSourceStatus GetStatus(short token) => ValueTaskSourceStatus.Succeeded;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => continuation(state);
}
