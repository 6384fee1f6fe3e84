-- The service's login owns nothing; migrations make it a member of gateway_service.
create role gateway login password 'service';
