using SmartCity.Mqtt;

namespace SmartCity.Ingest.Mqtt;

/// <content>What passes between the server and its gateways while the book is away: nothing is lost, and no connection is closed for it.</content>
internal sealed partial class GatewayDesk
{
    private int _skipped;

    /// <summary>The book is back: what gateways reported is written, and they are asked for results and sent commands again; each knows which it has done.</summary>
    /// <param name="isOurs">Whether a gateway is heard here.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task BookIsBackAsync(Func<string, bool> isOurs, CancellationToken cancel)
    {
        await book.Reports.FlushAsync(isOurs, cancel);
        if (Interlocked.Exchange(ref _skipped, 0) == 0)
        {
            return;
        }

        try
        {
            foreach (var (gateway, connection) in _commandable)
            {
                await SendWaitingAsync(connection, gateway, cancel);
            }
        }
        catch
        {
            Volatile.Write(ref _skipped, 1);
            throw;
        }
    }

    private async Task SendWaitingAsync(MqttConnection connection, string gateway, CancellationToken cancel)
    {
        foreach (var command in await book.Commands.WaitingAsync(gateway, cancel))
        {
            await SendAsync(connection, command);
        }
    }

    // A report stands in memory, and a gateway reports anew at every connection: so it may go. A result is asked for again.
    private PublishReply WithoutBook(bool isReport, PublishTicket ticket)
    {
        Volatile.Write(ref _skipped, 1);
        if (!isReport)
        {
            return PublishReply.Refused(ReasonCode.ImplementationSpecificError);
        }

        ticket.Complete();
        return PublishReply.Taken;
    }
}
