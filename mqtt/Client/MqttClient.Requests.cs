namespace SmartCity.Mqtt;

/// <content>SUBSCRIBE and UNSUBSCRIBE.</content>
public sealed partial class MqttClient
{
    // Requests waiting for their answer; each holds a packet identifier above those of the window.
    private const int MaximumRequests = 256;

    private readonly Dictionary<ushort, Request> _requests = [];
    private readonly Dictionary<string, (SubscriptionRequest Wish, uint? Identifier)> _subscriptions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _requestSlots = new(MaximumRequests);
    private ushort _lastRequest;

    /// <summary>A subscription could not be made again after the server had lost the session. Must be quick.</summary>
    public event Action<string, ReasonCode>? SubscriptionLost;

    /// <summary>Subscribes; the subscription is made again whenever the server has lost the session. Waits for a connection if there is none.</summary>
    /// <param name="filter">Topic filter.</param>
    /// <param name="qos">Highest QoS wanted.</param>
    /// <param name="cancel">Gives up waiting; the server may have subscribed all the same.</param>
    /// <returns>GrantedQos0 to 2, or the refusal.</returns>
    public async Task<ReasonCode> SubscribeAsync(string filter, QualityOfService qos, CancellationToken cancel = default) =>
        (await SubscribeAsync([new SubscriptionRequest(filter, qos)], identifier: null, cancel))[0];

    /// <summary>Subscribes to several filters at once, with the options of MQTT 5.</summary>
    /// <param name="wishes">Filters and options, one at least.</param>
    /// <param name="identifier">Subscription identifier for all of them, or null.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>One reason code a filter, in order.</returns>
    public async Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<SubscriptionRequest> wishes, uint? identifier = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(wishes);
        ArgumentOutOfRangeException.ThrowIfZero(wishes.Count);            // [MQTT-3.8.3-2]
        if (wishes.FirstOrDefault(wish => !TextRules.IsTopicFilter(wish.Filter)) is { } wrong)
        {
            throw new ArgumentException($"'{wrong.Filter}' is not a topic filter.", nameof(wishes));
        }

        var reasons = await AskAsync(new Request(wishes, identifier), cancel);
        lock (_gate)
        {
            for (var i = 0; i < wishes.Count; i++)
            {
                if (reasons[i] < ReasonCode.UnspecifiedError)
                {
                    _subscriptions[wishes[i].Filter] = (wishes[i], identifier);
                }
            }
        }

        return reasons;
    }

    /// <summary>Gives up subscriptions.</summary>
    /// <param name="filters">Their filters, exactly as subscribed, one at least.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>One reason code a filter, in order (in 3.1.1 always success).</returns>
    public async Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(filters);
        ArgumentOutOfRangeException.ThrowIfZero(filters.Count);           // [MQTT-3.10.3-2]
        lock (_gate)
        {
            foreach (var filter in filters)
            {
                _subscriptions.Remove(filter);
            }
        }

        return await AskAsync(new Request(filters), cancel);
    }

    private async Task<IReadOnlyList<ReasonCode>> AskAsync(Request request, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stopping.Token);
        await _requestSlots.WaitAsync(either.Token);
        ushort id;
        lock (_gate)
        {
            id = NextRequestId();
            _requests.Add(id, request);
            if (_connection is { } connection)
            {
                request.Send(connection, id, _options.Version);
            }
        }

        try
        {
            return await request.Answer.Task.WaitAsync(either.Token);
        }
        finally
        {
            lock (_gate)
            {
                _requests.Remove(id);
            }

            _requestSlots.Release();
        }
    }

    private void OnAnswered(ushort id, IReadOnlyList<ReasonCode> reasons)
    {
        Request? request;
        lock (_gate)
        {
            _requests.Remove(id, out request);
        }

        if (request is null)
        {
            return;
        }

        if (_options.Version == ProtocolVersion.V311 && request.Wishes is null)
        {
            reasons = new ReasonCode[request.Count];                  // 3.1.1 UNSUBACK has no reason codes
        }

        if (reasons.Count != request.Count)
        {
            throw new MqttProtocolException(ReasonCode.ProtocolError, fromServer: false);   // [MQTT-3.8.4-6], [MQTT-3.11.3-1]
        }

        if (request.IsRepeat)
        {
            for (var i = 0; i < reasons.Count; i++)
            {
                if (reasons[i] >= ReasonCode.UnspecifiedError)
                {
                    SubscriptionLost?.Invoke(request.Wishes![i].Filter, reasons[i]);
                }
            }
        }

        request.Answer.TrySetResult(reasons);
    }

    // Under the lock: what was not answered is asked again, and what a lost session held is asked for again.
    private void RestartRequests(ClientConnection connection)
    {
        foreach (var (id, request) in _requests.ToArray())
        {
            if (request.IsRepeat)
            {
                _requests.Remove(id);
            }
            else
            {
                request.Send(connection, id, _options.Version);
            }
        }

        if (connection.SessionPresent)
        {
            return;
        }

        foreach (var same in _subscriptions.Values.GroupBy(one => one.Identifier))
        {
            foreach (var wishes in same.Select(one => one.Wish).Chunk(32))
            {
                var id = NextRequestId();
                var request = new Request(wishes, same.Key) { IsRepeat = true };
                _requests.Add(id, request);
                request.Send(connection, id, _options.Version);
            }
        }
    }

    private void AbandonRequests()
    {
        lock (_gate)
        {
            foreach (var request in _requests.Values)
            {
                request.Answer.TrySetCanceled(CancellationToken.None);
            }

            _requests.Clear();
        }
    }

    private ushort NextRequestId()
    {
        do
        {
            _lastRequest = _lastRequest < _options.Window || _lastRequest == ushort.MaxValue ? (ushort)(_options.Window + 1) : (ushort)(_lastRequest + 1);
        }
        while (_requests.ContainsKey(_lastRequest));

        return _lastRequest;
    }

    private sealed class Request
    {
        private readonly uint? _identifier;
        private readonly IReadOnlyList<string>? _filters;

        public Request(IReadOnlyList<SubscriptionRequest> wishes, uint? identifier)
        {
            Wishes = wishes;
            _identifier = identifier;
        }

        public Request(IReadOnlyList<string> filters) => _filters = filters;

        public IReadOnlyList<SubscriptionRequest>? Wishes { get; }

        public int Count => Wishes?.Count ?? _filters!.Count;

        /// <summary>Whether nobody waits for it: a subscription made again.</summary>
        public bool IsRepeat { get; init; }

        public TaskCompletionSource<IReadOnlyList<ReasonCode>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Send(ClientConnection connection, ushort id, ProtocolVersion version) =>
            connection.Send((this, id, version), static (output, one) =>
            {
                if (one.Item1.Wishes is { } wishes)
                {
                    PacketEncoder.WriteSubscribe(output, new SubscribePacket(one.id, wishes) { SubscriptionIdentifier = one.Item1._identifier }, one.version);
                }
                else
                {
                    PacketEncoder.WriteUnsubscribe(output, new UnsubscribePacket(one.id, one.Item1._filters!), one.version);
                }
            });
    }
}
